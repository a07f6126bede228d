"""What somebody typed into a field for searching, read in one way wherever there is such a field."""

from dataclasses import dataclass

# Longer than anybody types; what is pasted beyond it is left out.
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Query:
    """A search, read once. False when nothing is asked for."""

    # All that was typed, on one line: for what is known by its whole, such as a number or a name.
    text: str = ""
    # The words, each of which must be there, in any order; none twice.
    words: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.words)


def parse_query(typed: str) -> Query:
    """Parse a search text. Words are separated by any blank, also the wide one of Chinese input; NUL is dropped."""
    words = " ".join(typed[: LONGEST * 2].replace("\x00", "").split())[:LONGEST].split()
    return Query(" ".join(words), tuple({fold_case(word): word for word in words}.values()))


def fold_case(text: str) -> str:
    """The text in capitals, character by character and as long as it was, as the database compares texts."""
    folded = text.upper()
    if len(folded) == len(text):
        return folded
    return "".join(char if has_longer_uppercase(char) else char.upper() for char in text)


def has_longer_uppercase(char: str) -> bool:
    """Whether a character in capitals is more than one (ß, ﬁ); what a database makes of these depends on its locale."""
    return len(char.upper()) != 1
