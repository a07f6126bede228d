"""The events of conversations."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from shopcomm.core.events.kinds import SHOP, Event


@dataclass(frozen=True, kw_only=True)
class MessageWritten(Event):
    """Something has been said in a conversation: by a person, or a line of the system.

    The statement that stores messages writes it (`services/write.py`), so a message is never without its row. What was said
    stays in the message. It names its order by number and belongs to no order's stream: no message waits behind an order's
    event that failed.
    """

    type = "conversation.message"
    label = _("消息")
    audience = SHOP
    icon = "chat"
    conflicts = False

    # The message: its key, and its place in the conversation.
    message: int
    seq: int
    # text, image, file, card or event, as in a message.
    kind: str
    # A note that no customer sees.
    internal: bool = False
    # The number of the order that the conversation is about; empty for an enquiry.
    number: str = ""

    def timeline_text(self) -> str:
        """No line: the message itself stands in the conversation."""
        return ""
