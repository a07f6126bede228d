"""A message as everybody gets it: pages, sockets and the API."""

from typing import Any

from django.urls import reverse

from messaging.models import Attachment, Message

SHOP, CUSTOMER = "shop", "customer"


def message_object(message: Message, audience: str) -> dict[str, Any]:
    """The object of the contract, for one side. A recalled message is empty for customers; staff keep the record."""
    hidden = message.recalled_at is not None and audience == CUSTOMER
    return {
        "seq": message.seq,
        "prev": message.public_prev if audience == CUSTOMER else message.seq - 1,
        "kind": message.kind,
        "body": "" if hidden else message.body,
        "sender": {"kind": message.sender_kind, "id": message.sender_id or None, "name": message.sender_name},
        "attachments": [] if hidden else [attachment_object(each) for each in message.attachments.all()],
        "reply_to": message.reply_to,
        "internal": message.internal,
        "client_id": str(message.client_id),
        "created_at": message.created_at.isoformat(),
        "recalled": message.recalled_at is not None,
        "data": {} if hidden else message.data,
    }


def attachment_object(attachment: Attachment) -> dict[str, Any]:
    """A file as it is shown: where it is, what it is, how large."""
    return {
        "id": str(attachment.pk),
        "kind": attachment.kind,
        "mime": attachment.mime,
        "name": attachment.name,
        "size": attachment.size,
        "width": attachment.width,
        "height": attachment.height,
        "url": reverse("messaging:attachment", args=[attachment.pk]),
        "thumbnail": reverse("messaging:thumbnail", args=[attachment.pk]) if attachment.thumbnail else None,
    }
