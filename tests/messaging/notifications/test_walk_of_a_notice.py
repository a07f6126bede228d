"""A notice goes from the event in the log to the conversation and the channel by the files that the architecture names."""

import re

from messaging.services.notifications.release import release_due
from shopcomm.core.events.relay import relay
from tests.messaging.notifications.conftest import pay
from tests.walks import ROOT, is_in_order, walk


def files_written_down(name: str) -> list[str]:
    """A walk as the architecture page has it."""
    page = (ROOT / "docs/architecture.md").read_text()
    section = re.search(rf"^### {name}$(.*?)(?=^##|\Z)", page, re.DOTALL | re.MULTILINE)
    assert section
    return re.findall(r"^\d+\. `([\w/]+\.py)`", section[1], re.MULTILINE)


def test_the_walk_of_a_notice_on_the_architecture_page_is_the_one_that_is_taken(order) -> None:
    pay(order)
    with walk() as taken:
        relay()
        release_due()

    assert is_in_order(files_written_down("A notice"), taken.files), taken.files
