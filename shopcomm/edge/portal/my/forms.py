"""What the pages of `/my/` read from forms."""

from collections.abc import Mapping

LONGEST = 6


def count_of(text: str) -> int:
    """A number of pieces; -1 for what is none, which no service takes."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST else (-1 if text else 0)


def id_of(post: Mapping[str, str], name: str) -> int:
    """An id; 0 for what is none."""
    text = post.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
