"""A notice goes from the event in the log to the conversation and the mail by the files that the architecture names."""

import re
import threading

import pytest

import shopcomm.urls  # noqa: F401  (a first link would load every page on the way)
from messaging.models import NotificationRule
from messaging.services.channels.delivery import deliver_channel
from messaging.services.notifications.release import release_due
from orders.models import Order
from shopcomm.core.events.relay import relay
from tests.messaging.notifications.conftest import pay
from tests.messaging.notifications.mail_server import MailServer
from tests.walks import ROOT, Walk, is_in_order, walk

NOTICES = re.compile(
    r"messaging/(services|policies)/(notifications|channels)/|messaging/\w+/notifications\.py"
)


def files_written_down(name: str) -> list[str]:
    """A walk as the architecture page has it."""
    page = (ROOT / "docs/architecture.md").read_text()
    section = re.search(rf"^### {name}$(.*?)(?=^##|\Z)", page, re.DOTALL | re.MULTILINE)
    assert section
    return re.findall(r"^\d+\. `([\w/]+\.py)`", section[1], re.MULTILINE)


@pytest.fixture
def taken(order: Order, settings) -> Walk:
    """Everything that is called while a customer is told by a message and by a mail that an order was paid."""
    server = MailServer.set_in(settings)
    order.customer.email = "wu@example.com"
    order.customer.save()
    NotificationRule.objects.filter(trigger="paid").update(channels=["email"])
    pay(order)
    with walk() as taken:
        # The calls of a channel are made in threads.
        threading.setprofile(taken.step)
        try:
            relay()
            release_due()
            assert deliver_channel("email") == 1
        finally:
            threading.setprofile(None)
    assert len(server.mails) == 1
    return taken


def test_the_architecture_page_lists_the_files_that_a_notice_really_passes(taken) -> None:
    assert is_in_order(files_written_down("A notice"), taken.files), taken.files


def test_following_a_notice_to_the_mail_passes_no_more_files_than_now(taken) -> None:
    opened = {name for name in taken.since("messaging/handlers.py") if NOTICES.match(name)}
    assert len(opened) <= 21, sorted(opened)
