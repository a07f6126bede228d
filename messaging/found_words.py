"""The place in a text where searched words stand, and the text around it with them marked."""

import re
from dataclasses import dataclass

BEFORE, LONGEST = 24, 90


@dataclass(frozen=True)
class Piece:
    """A piece of a text; `found` is one of the words."""

    text: str
    found: bool


def pieces(text: str, words: str) -> list[Piece]:
    """One line of the text around the first of the words, in pieces that together are that line."""
    line = " ".join(text.split())
    wanted = sorted({word for word in words.split() if word}, key=len, reverse=True)
    if not wanted:
        return [Piece(line[:LONGEST], False)]
    pattern = re.compile("|".join(map(re.escape, wanted)), re.IGNORECASE)
    first = pattern.search(line)
    begin = max(0, first.start() - BEFORE) if first else 0
    shown = line[begin : begin + LONGEST]
    found, at = [Piece("…", False)] if begin else [], 0
    for match in pattern.finditer(shown):
        found += [Piece(shown[at : match.start()], False), Piece(match.group(), True)]
        at = match.end()
    found.append(Piece(shown[at:] + ("…" if begin + LONGEST < len(line) else ""), False))
    return [piece for piece in found if piece.text]
