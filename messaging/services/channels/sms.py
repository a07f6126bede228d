"""SMS through a gateway over HTTPS: the wire format is in `docs/channels.md`, an adapter for a vendor is a small proxy."""

import json
from collections.abc import Iterable

from messaging.models import Channel, ChannelAccount, RecipientKind
from messaging.services.channels.outgoing import ChannelFailed, Outgoing, account_reach
from messaging.services.notifications.recipients import Recipient
from shopcomm.core.accounts.models import Customer
from shopcomm.core.outbound.calls import AddressRefused, NoAnswer, call_outbound

TIMEOUT_SECONDS = 10
# Answers after which trying again may help; every other 4xx will be the same next time.
AGAIN = frozenset({408, 425, 429})
# Answers that mean the shop's account with the gateway, not the number.
OUR_OWN = frozenset({401, 402, 403})
AT_ONCE = 1
EVERY = False


def reach(people: Iterable[Recipient]) -> dict[Recipient, list[str]]:
    """The mobile numbers of customers, E.164; nobody's while no gateway is set.

    A number with an extension is a marketplace's and many people's: a text to it would reach somebody else.
    """
    if _gateway() is None:
        return {}
    ids = [person.id for person in people if person.kind == RecipientKind.CUSTOMER]
    rows = (
        Customer.objects.filter(pk__in=ids)
        .exclude(phone="")
        .exclude(phone__contains="-")
        .values_list("pk", "phone")
    )
    return {Recipient(RecipientKind.CUSTOMER, pk): [phone] for pk, phone in rows}


def credentials() -> ChannelAccount | None:
    """The shop's gateway, if it has one."""
    return _gateway()


def send(outgoing: Outgoing, address: str, credentials: ChannelAccount | None) -> None:
    """Hand one text to the gateway. Raises ChannelFailed; the gateway's own failures are the channel's."""
    if credentials is None:
        raise ChannelFailed("no gateway", final=True)
    message = {"to": address, "text": outgoing.body, "reference": outgoing.reference}
    headers = {"Idempotency-Key": outgoing.reference, "Content-Type": "application/json"}
    if credentials.secret:
        headers["Authorization"] = f"Bearer {credentials.secret}"
    try:
        answer = call_outbound(
            "POST",
            credentials.url,
            headers=headers,
            content=json.dumps(message, ensure_ascii=False).encode(),
            reach=account_reach(),
            seconds=TIMEOUT_SECONDS,
        )
    except (AddressRefused, NoAnswer) as error:
        raise ChannelFailed(str(error), of_channel=True) from error
    if answer.is_success:
        return
    raise ChannelFailed(
        f"{answer.status} {answer.text[:200]}",
        final=400 <= answer.status < 500 and answer.status not in AGAIN,
        of_channel=answer.status >= 500 or answer.status in OUR_OWN | AGAIN,
    )


def is_set() -> bool:
    """Whether the shop has a gateway at all."""
    return _gateway() is not None


def _gateway() -> ChannelAccount | None:
    return ChannelAccount.objects.filter(channel=Channel.SMS, enabled=True).order_by("pk").first()
