"""Messages as a page carries them for its scripts: the object of the contract without what goes without saying.

`static/js/messaging/given.js` makes whole messages of them again.
"""

from collections.abc import Iterable
from typing import Any

from messaging.models import Attachment, Message
from messaging.presenters import attachment_object, is_hidden, message_text, previous_seq
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.audiences import Audience

# What the scripts ask of a line or a card; the rest of a message's data is for programs.
ASKED = ("event", "event_id", "notice", "card", "id", "address")


class PageMessages:
    """The messages of one page, read by `actor`, and the people who wrote them, each told once."""

    def __init__(self, actor: Actor, audience: Audience) -> None:
        self._me = (actor.sender_kind, actor.id_or_zero)
        self._audience = audience
        self._places: dict[tuple[str, int, str], int] = {}

    @property
    def people(self) -> list[dict[str, Any]]:
        """Who wrote: a message says by its place in this list."""
        return [{"kind": kind, "id": number or None, "name": name} for kind, number, name in self._places]

    def lean(self, message: Message, files: Iterable[Attachment]) -> dict[str, Any]:
        """One message. What is not said is as with most: a text, or what happened; for everybody, right behind the one before."""
        hidden = is_hidden(message, self._audience)
        person = (message.sender_kind, message.sender_id, message.sender_name)
        prev = previous_seq(message, self._audience)
        data = {} if hidden else _asked_of(message.data)
        usual = Message.Kind.EVENT if data.keys() & {"event", "notice"} else Message.Kind.TEXT
        told = {
            "kind": message.kind if message.kind != usual else "",
            "body": "" if hidden else message_text(message.body, message.data),
            "prev": prev if prev != message.seq - 1 else None,
            "attachments": [] if hidden else [attachment_object(each) for each in files],
            "reply_to": message.reply_to,
            "internal": message.internal,
            "recalled": message.recalled_at is not None,
            # Only what one sent oneself may still be waiting here to be acknowledged.
            "client_id": str(message.client_id) if person[:2] == self._me else "",
            "data": data,
        }
        return {
            "seq": message.seq,
            "at": int(message.created_at.timestamp() * 1000),
            "by": self._places.setdefault(person, len(self._places)),
            **{name: value for name, value in told.items() if value or (name == "prev" and value == 0)},
        }


def _asked_of(data: dict[str, Any]) -> dict[str, Any]:
    """What the scripts know a line, a notice or a card by."""
    asked = {name: data[name] for name in ASKED if name in data}
    # A notice of one event names it already.
    if data.get("events") not in (None, [data.get("event_id")]):
        asked["events"] = data["events"]
    return asked
