"""Parts of a page that say the same whenever they are given the same: drawn once, then kept."""

from collections.abc import Hashable
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

# The newest thousands: every page asks for the frame around it, a list for fifty rows.
KEPT = 8192


def draw_once(template: str, **facts: Hashable) -> SafeString:
    """A template that sees these facts and nothing else of a page, in the reader's language.

    What it says must follow from the facts and the language alone: no clock, no database, no request.
    """
    # By type as well: 1 equals True, and a text that is markup one that is not.
    return _drawn(template, get_language(), tuple((name, type(fact), fact) for name, fact in facts.items()))


@lru_cache(maxsize=KEPT)
def _drawn(
    template: str, language: str | None, facts: tuple[tuple[str, type[Hashable], Hashable], ...]
) -> SafeString:
    return render_to_string(template, {name: fact for name, _kind, fact in facts})
