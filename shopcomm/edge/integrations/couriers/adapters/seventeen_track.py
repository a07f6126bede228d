"""17TRACK, for parcels abroad and at home: registered when they leave, pushed, and asked. By its public documentation (API v2.2).

A push is JSON; its header `sign` is the SHA-256 of the body, a slash and the key. It is sent again unless it is answered with 200.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from django.utils.translation import gettext_lazy as _

from orders.models import Shipment
from orders.policies.parcel_way import Scan, with_whole_state
from shopcomm.core.json_text import json_text
from shopcomm.core.reading import json_object, whole_number
from shopcomm.edge.integrations.couriers.adapters.base import (
    WANT_PHONE,
    Access,
    Answers,
    Asked,
    Codes,
    Credential,
    Outcome,
    Push,
    Reply,
    Subscribes,
    TakesPushes,
    Told,
    Track,
    Unreadable,
    ask_service,
    code_text,
    words_of,
)
from shopcomm.edge.integrations.members import object_in, objects_in
from shopcomm.edge.integrations.moments import read_moment

State = Shipment.State
SERVER = "https://api.17track.net/track/v2.2"
# Main statuses, and those of their refinements that mean something else.
CODES: dict[str, str] = {
    "NotFound": "",
    "InfoReceived": State.HANDED_OVER.value,
    "InTransit": State.IN_TRANSIT.value,
    "Expired": State.PROBLEM.value,
    "AvailableForPickup": State.OUT_FOR_DELIVERY.value,
    "OutForDelivery": State.OUT_FOR_DELIVERY.value,
    "DeliveryFailure": State.PROBLEM.value,
    "Delivered": State.SIGNED.value,
    "Exception": State.PROBLEM.value,
    "InTransit_PickedUp": State.COLLECTED.value,
    "DeliveryFailure_Rejected": State.REFUSED.value,
    "Exception_Rejected": State.REFUSED.value,
    "Exception_Returning": State.RETURNING.value,
    "Exception_Returned": State.RETURNING.value,
}
_STOPPED = {"TRACKING_STOPPED": "abort"}
# Answers: it is registered already; the key is wrong, spent or not allowed; it is not registered or not known yet.
_REGISTERED, _LATER = {"-18019901"}, {"-18019902", "-18019909", "-18019910"}
_ACCOUNT = {"-18010001", "-18010002", "-18010003", "-18010004", "-18019907", "-18019908"}


class SeventeenTrack(TakesPushes, Subscribes, Answers):
    code, label = "17track", "17TRACK"
    credentials = (Credential("key", _("API key")),)
    signing = "key"
    has_carrier_numbers = True

    def is_signed(self, push: Push, access: Access) -> bool:
        """Whether `sign` is of these very bytes and the key."""
        sign = push.headers.get("sign", "").lower().encode()
        signed = [hashlib.sha256(push.body + b"/" + key.encode()).hexdigest() for key in access.secrets]
        return any(hmac.compare_digest(each.encode(), sign) for each in signed)

    def taken(self) -> Reply:
        """Only the status counts."""
        return Reply(200, {"code": 0})

    def refused(self, status: int) -> Reply:
        """Sent again later."""
        return Reply(status, {"code": -1})

    def read(self, text: str, codes: Mapping[str, str]) -> list[Track]:
        """One parcel; a push about one that has no way yet has no scans."""
        said = json_object(text)
        data = object_in(said, "data") if said is not None else {}
        if said is None or not code_text(data.get("number")):
            raise Unreadable
        return [_track(data, codes, _STOPPED.get(code_text(said.get("event")), ""))]

    def subscribe(self, parcel: Asked, access: Access) -> Outcome:
        """Register it; the courier is found by the number unless its code there was entered."""
        said = _post(access, "/register", _named(parcel, access))
        return _outcome(said, _REGISTERED)

    def query(self, parcel: Asked, access: Access) -> Outcome:
        """Its way as it is known there now."""
        said = _post(access, "/gettrackinfo", _named(parcel, access))
        found = objects_in(object_in(said, "data"), "accepted")
        if found and object_in(found[0], "track_info"):
            return Outcome(Told.TAKEN, track=_track(found[0], access.codes, ""))
        return _outcome(said, set()) if not found else Outcome(Told.LATER)


def _track(data: Mapping[str, Any], codes: Mapping[str, str], ended: str) -> Track:
    info, meaning = object_in(data, "track_info"), Codes(CODES, codes)
    providers = objects_in(object_in(info, "tracking"), "providers")
    scans = [
        scan
        for each in providers
        for said in reversed(objects_in(each, "events"))
        for scan in _scan(said, meaning)
    ]
    latest = object_in(info, "latest_status")
    whole = _state(meaning, code_text(latest.get("sub_status")), code_text(latest.get("status")))
    return Track(
        number=code_text(data.get("number")),
        scans=with_whole_state(scans, whole),
        ended=ended,
        unknown=tuple(meaning.unknown),
    )


def _scan(said: Mapping[str, Any], meaning: Codes) -> list[Scan]:
    """One event; none where it is of no moment."""
    at = read_moment(said.get("time_utc"), UTC) or read_moment(said.get("time_iso"), UTC)
    if at is None:
        return []
    stage = code_text(said.get("stage"))
    # A stage that is no status (`Departure`) says nothing that counts here.
    state = _state(meaning, code_text(said.get("sub_status")), stage if meaning.knows(stage) else "")
    return [Scan(at, state, words_of(said.get("description")), words_of(said.get("location")))]


def _state(meaning: Codes, sub_status: str, status: str) -> str:
    """By the refinement where that says more, else by the main status, which every refinement begins with."""
    main = sub_status.partition("_")[0]
    code = sub_status if meaning.knows(sub_status) or not meaning.knows(main) else main
    return meaning.state(code or status)


def _named(parcel: Asked, access: Access) -> bytes:
    """The parcel as it is named there."""
    named: dict[str, Any] = {"number": parcel.number}
    code = whole_number(object_in(access.configuration, "carriers").get(parcel.carrier))
    if code is not None:
        named["carrier"] = code
    if parcel.phone_tail and parcel.carrier in WANT_PHONE:
        named["param"] = parcel.phone_tail
    return json_text([named]).encode()


def _outcome(said: Mapping[str, Any], taken: set[str]) -> Outcome:
    data = object_in(said, "data")
    if objects_in(data, "accepted"):
        return Outcome(Told.TAKEN)
    errors = [object_in(each, "error") for each in objects_in(data, "rejected")]
    errors = [each for each in [*errors, *objects_in(data, "errors")] if each]
    code = code_text(errors[0].get("code")) if errors else code_text(said.get("code"))
    detail = f"{code} {words_of(errors[0].get('message')) if errors else ''}".strip()
    if code in taken:
        return Outcome(Told.TAKEN)
    if code in _ACCOUNT or code_text(said.get("http")) in ("401", "403"):
        return Outcome(Told.ACCOUNT, detail)
    return Outcome(Told.LATER if code in _LATER or not errors else Told.REFUSED, detail)


def _post(access: Access, path: str, content: bytes) -> Mapping[str, Any]:
    server = str(access.configuration.get("address") or SERVER).rstrip("/")
    headers = {"17token": access.credentials.get("key", ""), "Content-Type": "application/json"}
    answer = ask_service(server + path, content, headers)
    if not answer.is_success:
        return {"http": answer.status, "code": f"HTTP {answer.status}"}
    return json_object(answer.text) or {}
