"""Links and phone numbers in what people write can be tapped, and nothing else of it is ever markup.

The script that draws the conversation follows the same rule and is tried with the same cases in
`tests/browser/test_chat_both_ways.py`.
"""

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.linked import link_parts, with_links

CASES = json.loads((Path(__file__).parent / "links.json").read_text())


@pytest.mark.parametrize(("text", "parts"), CASES, ids=[text or "nothing" for text, _parts in CASES])
def test_link_parts_splits_a_text_into_links_and_plain_text(text, parts):
    assert [list(part) for part in link_parts(text)] == parts


class Seen(HTMLParser):
    """What a browser makes of the markup: its text, and each link."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.text, self.tags = "", []
        self.feed(markup)
        self.close()

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


PIECES = [
    "https://a.example/x",
    "http://",
    "<script>",
    '"',
    "'",
    "&",
    "13800006612",
    "javascript:x",
    " ",
    "，",
    "<a href=",
]


@given(st.lists(st.sampled_from(PIECES) | st.text("<>&\"'https:/.a1 ", max_size=8), max_size=8).map("".join))
def test_linking_never_changes_the_visible_text(text):
    assert "".join(label for label, _href in link_parts(text)) == text
    seen = Seen(with_links(text))
    assert seen.text == text
    for tag, attributes in seen.tags:
        assert tag == "a"
        assert set(attributes) <= {"href", "target", "rel"}
        assert attributes["href"].lower().startswith(("http://", "https://", "tel:"))
