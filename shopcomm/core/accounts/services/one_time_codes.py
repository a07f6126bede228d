"""One-time codes: whoever reads the code that was sent to a phone has that phone.

A code goes to every mobile number that is asked for, known or not, and whoever proves a number becomes a customer.
So the answer cannot tell who buys here (there is nothing to tell apart: the same work, the same words, the same time),
and somebody new can look at the catalogue and ask for prices before any order. What that could be abused for, sending
text messages at the shop's cost, is bounded by phone, by network (an IPv6 address counts as its /64), by day, by
country, and over all together.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from shopcomm.core.accounts.models import Customer, OneTimeCode
from shopcomm.core.accounts.models.customers import Source
from shopcomm.core.accounts.services.customers import customer_by_phone
from shopcomm.core.networks import network_of
from shopcomm.core.phones import MOBILE, PhoneRefused, read_phone
from shopcomm.core.rate_limits import seconds_to_wait
from shopcomm.core.refusals import Refusal

DIGITS = 6
LIVES = timedelta(minutes=5)
MOST_ATTEMPTS = 5
# For one phone: three at once, then one a minute, and never more than this in a day.
PHONE_RATE, PHONE_BURST, A_DAY = 1 / 60, 3, 20
# For one address, behind which a whole market may sit: twenty at once, then two a minute; guesses more freely.
ADDRESS_RATE, ADDRESS_BURST = 1 / 30, 20
GUESS_RATE, GUESS_BURST = 1 / 6, 40
# Over all addresses together: guesses of a whole shop's customers on a busy morning, and no more.
ALL_GUESSES_RATE, ALL_GUESSES_BURST = 10, 600


class CodeRefused(Refusal):
    """No code is sent, or the one given is not right."""

    code = "code_refused"

    def __init__(self, text: str, *, status: int = 422) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True)
class IssuedCode:
    """A code on its way: its id belongs into the session that asked, the code itself only onto the phone."""

    pk: int
    phone: str
    code: str


def mobile_number(text: str) -> str:
    """A number in E.164 that a code may be sent to. Raises CodeRefused.

    One with an extension is a marketplace's, which many share: a message would reach any of them or nobody.
    """
    try:
        read = read_phone(text)
    except PhoneRefused as error:
        raise CodeRefused(_("这不像一个手机号，请核对")) from error
    if read.extension:
        raise CodeRefused(_("带分机的号码收不到验证码，请填写您自己的手机号"))
    phone = read.number
    if phone.startswith("+86"):
        if not MOBILE.fullmatch(phone.removeprefix("+86")):
            raise CodeRefused(_("这不像一个手机号，请核对"))
    elif not phone.startswith(tuple(f"+{code}" for code in settings.LOGIN_CODE_COUNTRIES)):
        raise CodeRefused(_("暂不能给这个国家或地区的号码发验证码，请联系客服"))
    return phone


def issue_code(*, phone: str, address: str) -> IssuedCode:
    """Make a code for a number in E.164. Raises CodeRefused over the limits."""
    _limit(f"code-from:{network_of(address)}", ADDRESS_RATE, ADDRESS_BURST)
    _limit(f"code-to:{phone}", PHONE_RATE, PHONE_BURST)
    _limit("code-all", settings.LOGIN_CODES_PER_HOUR / 3600, settings.LOGIN_CODES_PER_HOUR)
    now = timezone.now()
    today = OneTimeCode.objects.filter(phone=phone, created_at__gt=now - timedelta(days=1))
    # The bucket forgets when Redis does; this count does not.
    if today.count() >= A_DAY:
        raise CodeRefused(_("今天发给这个号码的验证码太多了，请明天再试或联系客服"), status=429)
    code, salt = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}", secrets.token_hex(16)
    row = OneTimeCode.objects.create(
        phone=phone, salt=salt, digest=_digest(salt, code), created_at=now, expires_at=now + LIVES
    )
    return IssuedCode(row.pk, phone, code)


def verify_code(*, code_id: int | None, code: str, address: str) -> Customer:
    """The customer of the phone that the code was sent to; a new one when nobody had it. Raises CodeRefused.

    A code is known by the session that asked for it, so that nobody can use up the attempts of another.
    """
    _limit(f"code-guess:{network_of(address)}", GUESS_RATE, GUESS_BURST)
    _limit("code-guess-all", ALL_GUESSES_RATE, ALL_GUESSES_BURST)
    phone = _use(code_id, code)
    if phone is None:
        raise CodeRefused(_("验证码不对或已过期，请核对或重新获取"))
    name = _("客户 %(tail)s") % {"tail": phone[-4:]}
    customer = customer_by_phone(name=name, phone=phone, source=Source.WEB)
    if not customer.is_active:
        raise CodeRefused(_("这个账户已停用，请联系客服"), status=403)
    return customer


@transaction.atomic
def _use(code_id: int | None, code: str) -> str | None:
    """The phone that is proved. Counts the attempt whether or not it is right; the row lock makes guesses queue."""
    row = OneTimeCode.objects.select_for_update().filter(pk=code_id or 0).first()
    if row is None or row.used_at or row.attempts >= MOST_ATTEMPTS or row.expires_at <= timezone.now():
        return None
    row.attempts += 1
    right = secrets.compare_digest(row.digest, _digest(row.salt, code.strip()))
    if right:
        row.used_at = timezone.now()
    row.save(update_fields=["attempts", "used_at"])
    return row.phone if right else None


def _limit(bucket: str, rate: float, size: int) -> None:
    wait = seconds_to_wait(bucket, rate=rate, size=size)
    if wait:
        text = _("操作太频繁，请 %(seconds)d 秒后再试") % {"seconds": int(wait) + 1}
        raise CodeRefused(text, status=429)


def _digest(salt: str, code: str) -> str:
    # A million codes are quickly tried: without the secret key a copy of the table must not be enough.
    return salted_hmac("shopcomm.one-time-code", f"{salt}:{code}", algorithm="sha256").hexdigest()
