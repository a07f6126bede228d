"""Accounts with tracking services: set up, changed, paused; their credentials sealed."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders.models import Shipment
from orders.policies.parcel_way import REPORTED
from shopcomm.core.outbound.calls import AddressRefused, Reach, check_outbound
from shopcomm.core.refusals import Refusal
from shopcomm.core.sealing import readable_values, seal_values, unseal_values
from shopcomm.core.text import one_line
from shopcomm.edge.integrations.couriers.adapters import adapter_of
from shopcomm.edge.integrations.couriers.adapters.base import Access, Adapter, TakesPushes, Track, Unreadable
from shopcomm.edge.integrations.couriers.models import CourierAccount
from shopcomm.edge.integrations.webhook_secrets import new_webhook_secret

# A subscription that was made with the secret before goes on being signed with it, as long as a parcel is followed.
OVERLAP = timedelta(days=60)
LONGEST_CODE, MOST_CODES = 60, 200
LABELS = {str(state.label): str(state.value) for state in Shipment.State}


class AccountRefused(Refusal):
    """An account that cannot be so. `field` says which of its settings is meant."""

    code, status = "courier_account_refused", 422
    detail = gettext_lazy("快递跟踪的设置不正确")

    def __init__(self, detail: str, *, field: str) -> None:
        super().__init__(detail, errors={field: [detail]})
        self.field = field


@dataclass(frozen=True)
class Wanted:
    """An account as somebody wants it. A credential that is empty stays as it is."""

    name: str
    slug: str = ""
    credentials: Mapping[str, str] = field(default_factory=dict)
    address: str = ""
    codes: str = ""
    carriers: str = ""


def adapter_for(account: CourierAccount) -> Adapter:
    """The adapter that an account is spoken to with."""
    return adapter_of(account.adapter)


@transaction.atomic
def create_account(*, adapter: str, wanted: Wanted) -> CourierAccount:
    """Set one up; what the shop makes itself (a salt, a secret) is made. Raises AccountRefused."""
    service = adapter_of(adapter)
    slug = wanted.slug.strip().lower() or adapter
    if CourierAccount.objects.filter(slug=slug).exists():
        raise AccountRefused(_("已经有一个叫“%(name)s”的了") % {"name": slug}, field="slug")
    account = CourierAccount(adapter=adapter, slug=slug)
    given = {name: value for name, value in wanted.credentials.items() if value}
    if service.makes_secret:
        given.setdefault(service.signing, secret_for(service))
    _put(account, wanted, given)
    return account


@transaction.atomic
def change_account(*, account_id: int, wanted: Wanted) -> CourierAccount:
    """Change one. A secret that is replaced is taken for sixty days more. Raises AccountRefused, DoesNotExist."""
    account = CourierAccount.objects.select_for_update().get(pk=account_id)
    given = {name: value for name, value in wanted.credentials.items() if value}
    known = readable_values(account.sealed_credentials)
    _put(account, wanted, known | _with_old_secret(account, known, given))
    return account


@transaction.atomic
def renew_account_secret(*, account_id: int) -> CourierAccount:
    """Another secret, where the shop makes it. Raises AccountRefused, DoesNotExist."""
    account = CourierAccount.objects.select_for_update().get(pk=account_id)
    service = adapter_for(account)
    if not service.makes_secret:
        raise AccountRefused(_("这个密钥由对方给出"), field="key")
    known = readable_values(account.sealed_credentials)
    renewed = _with_old_secret(account, known, {service.signing: secret_for(service)})
    account.sealed_credentials = seal_values(known | renewed)
    account.save(update_fields=["sealed_credentials"])
    return account


@transaction.atomic
def set_account_state(*, account_id: int, active: bool) -> CourierAccount:
    """Follow parcels and take pushes, or neither for the time being. Raises DoesNotExist."""
    account = CourierAccount.objects.select_for_update().get(pk=account_id)
    account.state = CourierAccount.State.ACTIVE if active else CourierAccount.State.PAUSED
    account.failures, account.rests_until, account.error = 0, None, ""
    account.save(update_fields=["state", "failures", "rests_until", "error"])
    return account


def secret_for(service: Adapter) -> str:
    """A secret such as a service takes: a salt is letters and digits, a webhook's secret has its own form."""
    return secrets.token_hex(16) if service.signing == "salt" else new_webhook_secret()


def tracks_in(account: CourierAccount, push: str) -> list[Track]:
    """What a stored push says, with the codes that a manager has given a meaning. Raises Unreadable."""
    service = adapter_for(account)
    if not isinstance(service, TakesPushes):
        raise Unreadable
    return service.read(push, account.configuration.get("codes", {}))


def access_of(account: CourierAccount) -> Access:
    """An account as its adapter uses it. Raises CannotUnseal."""
    known, service = unseal_values(account.sealed_credentials), adapter_for(account)
    usable = [known.get(service.signing, ""), *_old_secrets(known)] if service.signing else []
    callback = f"{settings.PUBLIC_URL.rstrip('/')}/api/v1/inbound/tracking/{account.slug}/"
    return Access(known, account.configuration, callback, [each for each in usable if each])


def _old_secrets(known: Mapping[str, str]) -> list[str]:
    until = known.get("secret_until")
    is_taken = until and timezone.now() < datetime.fromisoformat(until)
    return [known["secret_before"]] if is_taken else []


def _with_old_secret(
    account: CourierAccount, known: Mapping[str, str], given: Mapping[str, str]
) -> dict[str, str]:
    signing = adapter_for(account).signing
    old, new = known.get(signing, ""), given.get(signing, "")
    if not new or not old or new == old:
        return dict(given)
    return {**given, "secret_before": old, "secret_until": (timezone.now() + OVERLAP).isoformat()}


def _put(account: CourierAccount, wanted: Wanted, credentials: Mapping[str, str]) -> None:
    """Check and save all of it."""
    account.name = one_line(wanted.name)
    if not account.name:
        raise AccountRefused(_("请填写名称"), field="name")
    needed = [each for each in adapter_for(account).credentials if each.is_needed]
    missing = [each for each in needed if not credentials.get(each.name)]
    if missing:
        raise AccountRefused(_("请填写%(what)s") % {"what": missing[0].label}, field=missing[0].name)
    address = wanted.address.strip()
    if address:
        try:
            check_outbound(address, Reach(named=settings.COURIER_ALLOWED_HOSTS))
        except AddressRefused as error:
            raise AccountRefused(_("这个地址不能用：%(why)s") % {"why": error}, field="address") from error
    carriers = dict(_lines(wanted.carriers, "carriers"))
    account.configuration = {
        "address": address,
        "codes": read_codes(wanted.codes),
        "carriers": carriers,
    }
    account.sealed_credentials = seal_values(credentials)
    account.save()


def read_codes(text: str) -> dict[str, str]:
    """What codes of a service mean here, a line each: `their code = our state`. Raises AccountRefused."""
    found = {}
    for code, name in _lines(text, "codes"):
        state = LABELS.get(name, name)
        if state not in REPORTED:
            raise AccountRefused(_("不认识的状态：%(name)s") % {"name": name}, field="codes")
        found[code] = str(state)
    return found


def _lines(text: str, field_name: str) -> list[tuple[str, str]]:
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        theirs, _sign, ours = (part.strip() for part in line.replace("＝", "=").partition("="))
        if not theirs or not ours or len(theirs) > LONGEST_CODE:
            values = {"number": number, "line": line.strip()}
            raise AccountRefused(_("第 %(number)s 行看不懂：%(line)s") % values, field=field_name)
        found.append((theirs, ours))
    if len(found) > MOST_CODES:
        raise AccountRefused(_("最多 %(most)s 行") % {"most": MOST_CODES}, field=field_name)
    return found


def settings_of(account: CourierAccount) -> dict[str, Any]:
    """An account as its form shows it; credentials stay hidden."""
    kept = account.configuration
    return {
        "name": account.name,
        "slug": account.slug,
        "address": kept.get("address", ""),
        "codes": _as_lines(kept.get("codes", {})),
        "carriers": _as_lines(kept.get("carriers", {})),
    }


def _as_lines(kept: Mapping[str, str]) -> str:
    return "\n".join(f"{theirs} = {ours}" for theirs, ours in kept.items())
