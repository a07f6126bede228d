"""SMS through a gateway over HTTPS: the wire format is in `docs/channels.md`, an adapter for a vendor is a small proxy.

Login codes go the same way, at once, while the page of whoever asked for one waits.
"""

import json
import logging
from collections.abc import Iterable
from threading import BoundedSemaphore

from django.conf import settings
from django.utils.translation import gettext as _

from messaging.models import Channel, ChannelAccount, RecipientKind
from messaging.services.channels.calls import ChannelFailed, Outgoing, account_reach
from messaging.services.notifications.recipients import Recipient
from shopcomm.core.accounts.models import Customer
from shopcomm.core.accounts.services.one_time_codes import CodeRefused, IssuedCode
from shopcomm.core.configuration.models import shop_settings
from shopcomm.core.outbound.calls import AddressRefused, NoAnswer, call_outbound

TIMEOUT_SECONDS = 10
# Answers after which trying again may help; every other 4xx will be the same next time.
AGAIN = frozenset({408, 425, 429})
# Answers that mean the shop's account with the gateway, not the number.
OUR_OWN = frozenset({401, 402, 403})
log = logging.getLogger(__name__)
# So many texts of a web process are handed over at once, each while somebody's page waits: a gateway that hangs never
# holds up all of its pages.
CODES_AT_ONCE, PLACE_SECONDS = 4, 1.0
_places = BoundedSemaphore(CODES_AT_ONCE)


class SmsChannel:
    """Texts to customers' phones, through the shop's gateway."""

    at_once = 1
    needs_every = False

    def addresses_of(self, people: Iterable[Recipient]) -> dict[Recipient, list[str]]:
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

    def load_credentials(self) -> ChannelAccount | None:
        """The shop's gateway, if it has one."""
        return _gateway()

    def send_notice(self, outgoing: Outgoing, address: str, credentials: ChannelAccount | None) -> None:
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


def has_gateway() -> bool:
    """Whether the shop has a gateway at all."""
    return _gateway() is not None


def _gateway() -> ChannelAccount | None:
    return ChannelAccount.objects.filter(channel=Channel.SMS, enabled=True).order_by("pk").first()


def send_login_code(issued: IssuedCode) -> bool:
    """Send a code. Returns whether it may be shown instead: in a demo without a gateway. Raises CodeRefused."""
    if not has_gateway():
        if not settings.SHOW_LOGIN_CODES:
            raise CodeRefused(_("暂时不能用验证码登录，请打开客服发给您的订单链接"), status=503)
        log.warning("login code for %s: %s", issued.phone, issued.code)
        return True
    text = _("【%(shop)s】验证码 %(code)s，5 分钟内有效，请勿告诉任何人。")
    body = text % {"shop": shop_settings().shop_name, "code": issued.code}
    said = Outgoing(reference=f"code:{issued.pk}", title="", body=body, url="")
    if not _places.acquire(timeout=PLACE_SECONDS):
        log.warning("a login code was not sent: the gateway is slow, %d others wait for it", CODES_AT_ONCE)
        raise CodeRefused(_("验证码没有发出去，请稍后再试"), status=503)
    try:
        SmsChannel().send_notice(said, issued.phone, _gateway())
    except ChannelFailed as error:
        log.warning("a login code could not be sent: %s", error)
        raise CodeRefused(_("验证码没有发出去，请稍后再试"), status=502) from error
    finally:
        _places.release()
    return False
