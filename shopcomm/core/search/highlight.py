"""Where the words of a search stand in a text, and the line around them with the words marked."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from shopcomm.core.search.query import Query, fold_case

BEFORE, LONGEST = 24, 90


@dataclass(frozen=True)
class Piece:
    """A piece of a text; `found` marks a match."""

    text: str
    found: bool


def marked_places(text: str, query: Query) -> list[tuple[int, int]]:
    """The places of all words as (start, end) in characters, in order; words that overlap are one place."""
    folded = fold_case(text)
    places = sorted(place for word in query.words for place in _places(folded, fold_case(word)))
    joined: list[tuple[int, int]] = []
    for start, end in places:
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def excerpt_around(text: str, query: Query) -> list[Piece]:
    """One line of the text around the first word that was found, in pieces that together are that line."""
    line = " ".join(text.split())
    first = next(iter(marked_places(line, query)), (0, 0))[0]
    begin = max(0, first - BEFORE)
    shown = line[begin : begin + LONGEST]
    pieces, at = [Piece("…", False)] if begin else [], 0
    for start, end in marked_places(shown, query):
        pieces += [Piece(shown[at:start], False), Piece(shown[start:end], True)]
        at = end
    pieces.append(Piece(shown[at:] + ("…" if begin + LONGEST < len(line) else ""), False))
    return [piece for piece in pieces if piece.text]


def marked_html(pieces: Iterable[Piece]) -> SafeString:
    """The pieces as HTML, matches in `<mark>`: the one way in which matches are shown."""
    return mark_safe(
        "".join(format_html("<mark>{}</mark>" if each.found else "{}", each.text) for each in pieces)
    )


def _places(folded: str, word: str) -> list[tuple[int, int]]:
    found, at = [], folded.find(word)
    while at >= 0:
        found.append((at, at + len(word)))
        at = folded.find(word, at + len(word))
    return found
