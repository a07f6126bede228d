"""Trying an account: what it says of one parcel, or how a push of it would be read. Nothing is kept."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from orders.models import Shipment
from orders.policies.parcel_way import Scan
from shopcomm.core.outbound.calls import AddressRefused, NoAnswer
from shopcomm.core.sealing import CannotUnseal
from shopcomm.edge.integrations.couriers.adapters.base import Answers, Asked, Told, Track, Unreadable
from shopcomm.edge.integrations.couriers.models import CourierAccount
from shopcomm.edge.integrations.couriers.services.accounts import access_of, adapter_for, tracks_in
from shopcomm.edge.integrations.couriers.services.following import hide_secrets


@dataclass(frozen=True)
class SeenScan:
    """One scan as it would be kept, its state in words."""

    scan: Scan
    state: str


@dataclass(frozen=True)
class Tried:
    """What came of it: a sentence, whether that is good news, and the scans, the newest first."""

    text: str
    is_good: bool
    scans: Sequence[SeenScan] = ()
    unknown: Sequence[str] = ()


def try_query(account: CourierAccount, asked: Asked) -> Tried:
    """Ask a service about a parcel, once."""
    service = adapter_for(account)
    try:
        access = access_of(account)
        if not isinstance(service, Answers) or not service.may_query(access):
            return Tried(_("还没有填写查询要用的账号"), is_good=False)
        outcome = service.query(asked, access)
    except CannotUnseal:
        return Tried(_("密钥读不出来，请重新填写"), is_good=False)
    except (NoAnswer, AddressRefused) as error:
        return Tried(_("没有回应：%(why)s") % {"why": error}, is_good=False)
    if outcome.track:
        return _told([outcome.track])
    said = hide_secrets(outcome.detail, access) or _("暂时没有这个包裹的物流")
    return Tried(_("对方回答：%(said)s") % {"said": said}, is_good=outcome.told == Told.TAKEN)


def try_push(account: CourierAccount, text: str) -> Tried:
    """How a push would be read."""
    try:
        return _told(tracks_in(account, text))
    except Unreadable:
        return Tried(_("内容看不懂"), is_good=False)


def _told(tracks: list[Track]) -> Tried:
    scans = [scan for track in tracks for scan in track.scans]
    unknown = list(dict.fromkeys(code for track in tracks for code in track.unknown))
    numbers = _("、").join(track.number for track in tracks)
    text = _("看懂了：%(numbers)s，%(count)s 条物流") % {"numbers": numbers, "count": len(scans)}
    return Tried(text, is_good=not unknown, scans=[_seen(scan) for scan in reversed(scans)], unknown=unknown)


def _seen(scan: Scan) -> SeenScan:
    return SeenScan(scan, str(Shipment.State(scan.state).label) if scan.state else "")
