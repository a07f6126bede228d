"""What somebody can read or hear of a page: its texts, and the attributes that are shown or read out."""

from collections.abc import Collection
from html.parser import HTMLParser

SHOWN = ["title", "aria-label", "alt", "placeholder", "data-label", "data-note", "data-reply"]
VOID = {"input", "img", "br", "hr", "meta", "link", "source", "col", "wbr"}
# The theme's symbols are written as words.
SYMBOLS = "material-symbols"


class _Words(HTMLParser):
    def __init__(self, page: str, silent: Collection[str]) -> None:
        super().__init__()
        self.said: list[str] = []
        self._silent = silent
        self._within: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.said += [known[name] or "" for name in SHOWN if name in known]
        if tag == "input" and known.get("type") in ("submit", "button"):
            self.said.append(known.get("value") or "")
        begins = tag in self._silent or SYMBOLS in (known.get("class") or "")
        if tag not in VOID and (self._within or begins):
            self._within.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._within and tag == self._within[-1]:
            self._within.pop()

    def handle_data(self, data: str) -> None:
        if not self._within:
            self.said.append(data)


def words_of(page: str, *, silent: Collection[str]) -> list[str]:
    """The texts of a page in their order; what stands in a `silent` element is nobody's to read."""
    return [text.strip() for text in _Words(page, silent).said]
