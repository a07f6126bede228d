"""Signatures of Standard Webhooks, and the headers that go with them."""

import re
from datetime import UTC, datetime

from standardwebhooks import Webhook

from shopcomm.core.sealing import readable_values, seal_values, unseal_once, unseal_values
from shopcomm.edge.integrations.webhooks_out.models import WebhookEndpoint

# What a delivery sets itself, and what belongs to the connection.
OUR_HEADERS = frozenset(
    {
        "webhook-id", "webhook-timestamp", "webhook-signature", "content-type", "content-length", "host", "connection",
        "transfer-encoding", "accept-encoding", "user-agent", "expect", "te", "trailer", "upgrade", "keep-alive",
        "proxy-connection",
    }
)  # fmt: skip
# A token of RFC 9110.
HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
AGENT = "ShopComm-Webhooks/1"


def seal_headers(headers: dict[str, str]) -> str:
    """Headers as they are kept: they may carry a password."""
    return seal_values(headers) if headers else ""


def signed_headers(endpoint: WebhookEndpoint, message_id: str, body: str, now: datetime) -> dict[str, str]:
    """The headers of one attempt; after a rotation also a signature by the old secret. Raises CannotUnseal."""
    moment = now.astimezone(UTC)
    sealed = [endpoint.sealed_secret]
    if endpoint.old_secret_until and endpoint.old_secret_until > now:
        sealed.append(endpoint.sealed_old_secret)
    signatures = [Webhook(unseal_once(each)).sign(message_id, moment, body) for each in sealed]
    return unseal_values(endpoint.sealed_headers) | {
        "Content-Type": "application/json",
        "User-Agent": AGENT,
        "webhook-id": message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def header_names(endpoint: WebhookEndpoint) -> list[str]:
    """The names of an endpoint's own headers; their values may be passwords and are shown to nobody."""
    return sorted(readable_values(endpoint.sealed_headers))
