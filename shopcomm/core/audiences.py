"""Audiences: the sides that pages and frames are made for, who belongs to each, and what it may see.

Whoever makes something for several sides asks this set, so that another side is one more declaration. Who belongs to
several is of the one that was declared last, the narrowest.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from shopcomm.core.accounts.actors import Actor

B = TypeVar("B")


@dataclass(frozen=True, eq=False)
class Audience:
    """One side that looks on."""

    name: str
    holds: Callable[[Actor], bool]
    # The shop's own people: they read what is kept from everybody else, in the shop's words, and know colleagues by name.
    is_shop: bool = False
    # The shop's internal notes. Who sees them sees every number of a conversation; for all others it counts without them.
    sees_notes: bool = False
    # What a message said that was taken back.
    sees_recalled: bool = False


_AUDIENCES: dict[str, Audience] = {}


def register_audience(audience: Audience) -> Audience:
    """Have frames made for an audience, too. Raises ValueError for a name that is taken."""
    if audience.name in _AUDIENCES:
        raise ValueError(f"there is an audience {audience.name} already")
    _AUDIENCES[audience.name] = audience
    return audience


def all_audiences() -> Iterable[Audience]:
    """Every side there is."""
    return _AUDIENCES.values()


def audience_of(actor: Actor) -> Audience:
    """The side on which somebody stands."""
    return next(each for each in reversed(_AUDIENCES.values()) if each.holds(actor))


def for_all_audiences(body: B) -> dict[Audience, B]:
    """The same for every side."""
    return dict.fromkeys(all_audiences(), body)


SHOP = register_audience(
    Audience("shop", holds=lambda actor: actor.is_shop, is_shop=True, sees_notes=True, sees_recalled=True)
)
CUSTOMER = register_audience(Audience("customer", holds=lambda actor: actor.is_customer))
