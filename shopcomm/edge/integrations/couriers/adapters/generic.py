"""Any system that can post JSON: a courier of one's own, a warehouse, a script. Signed like the webhooks of orders.

    {"tracking_number": "SF1234567890123", "carrier": "shunfeng", "state": "signed",
     "scans": [{"time": "2026-11-30T10:00:00+08:00", "state": "collected", "text": "已揽收", "place": "广州"}]}

`state` of the whole and of a scan are ours, or those that are mapped on the account's page. Several parcels come as a list in
`parcels`.
"""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from standardwebhooks import Webhook

from orders.policies.parcel_way import REPORTED, Scan, in_true_order, with_whole_state
from shopcomm.core.reading import json_object
from shopcomm.edge.integrations.couriers.adapters.base import (
    Access,
    Codes,
    Credential,
    Push,
    TakesPushes,
    Track,
    Unreadable,
    code_text,
    words_of,
)
from shopcomm.edge.integrations.members import object_in, objects_in
from shopcomm.edge.integrations.moments import read_moment

SIGNED = ("webhook-id", "webhook-timestamp", "webhook-signature")
CODES = {str(state.value): str(state.value) for state in REPORTED}


class Generic(TakesPushes):
    code, label = "generic", _("通用 JSON")
    credentials = (
        Credential(
            "secret", _("密钥"), hint=_("留空就由我们生成；按 Standard Webhooks 签名"), is_needed=False
        ),
    )
    signing, makes_secret = "secret", True

    def is_signed(self, push: Push, access: Access) -> bool:
        """Whether it is signed as Standard Webhooks says, not long ago."""
        headers = {name: push.headers.get(name, "") for name in SIGNED}
        return any(_verifies(secret, push.body, headers) for secret in access.secrets)

    def read(self, text: str, codes: Mapping[str, str]) -> list[Track]:
        """One parcel, or several."""
        said = json_object(text)
        if said is None:
            raise Unreadable
        parcels = objects_in(said, "parcels") if "parcels" in said else [said]
        # With or without the envelope that Standard Webhooks puts around things.
        tracks = [_track(object_in(each, "data") or each, codes) for each in parcels]
        if not tracks or not all(track.number for track in tracks):
            raise Unreadable
        return tracks


def _track(said: Mapping[str, Any], codes: Mapping[str, str]) -> Track:
    meaning = Codes(CODES, codes)
    scans = [scan for each in objects_in(said, "scans") for scan in _scan(each, meaning)]
    whole = meaning.state(code_text(said.get("state")))
    carrier = code_text(said.get("carrier"))
    return Track(
        number=code_text(said.get("tracking_number")),
        carriers=(carrier,) if carrier else (),
        # Who says nothing of the whole sends scans as they are made: each means what it says.
        scans=with_whole_state(scans, whole) if whole else in_true_order(scans),
        unknown=tuple(meaning.unknown),
    )


def _scan(said: Mapping[str, Any], meaning: Codes) -> list[Scan]:
    at = read_moment(said.get("time"), timezone.get_default_timezone())
    state = meaning.state(code_text(said.get("state")))
    return [Scan(at, state, words_of(said.get("text")), words_of(said.get("place")))] if at else []


def _verifies(secret: str, body: bytes, headers: dict[str, str]) -> bool:
    try:
        Webhook(secret).verify(body, headers, json_parse=False)
    # The library raises its own error for a wrong signature, and whatever breaks for a malformed header.
    except Exception:
        return False
    return True
