"""The forms of a page, as a browser would send them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit


@dataclass
class PageForm:
    """Where a form goes, and what it says when nobody touches it."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)


def forms_of(page: str, address: str) -> list[PageForm]:
    """All forms of a page at an address."""
    reader = _Reader(address)
    reader.feed(page)
    return reader.forms


class _Reader(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__(convert_charrefs=True)
        self.address, self.forms, self.select = address, list[PageForm](), ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            action = urlsplit(given.get("action") or self.address)
            path = action.path or urlsplit(self.address).path
            self.forms.append(
                PageForm(path + (f"?{action.query}" if action.query else ""), given.get("method", "get"))
            )
        elif self.forms:
            self._field(tag, given)

    def _field(self, tag: str, given: dict[str, str]) -> None:
        name, fields = given.get("name", ""), self.forms[-1].fields
        if tag == "select":
            self.select = name
            fields.append((name, ""))
        elif tag == "option" and self.select and ("selected" in given or fields[-1] == (self.select, "")):
            fields[-1] = (self.select, given.get("value", ""))
        elif name and tag in ("input", "textarea", "button") and name != "csrfmiddlewaretoken":
            value = given.get("value", "")
            fields.append((name, value or ("1" if given.get("type") == "number" else "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.select = ""
