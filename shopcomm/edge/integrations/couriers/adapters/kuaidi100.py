"""快递100: subscribes a parcel when it leaves, pushes its way signed, and can be asked. By its public documentation.

A push is a form of `param` (JSON) and `sign`, the upper-case MD5 of `param` and the salt, over the raw text. It wants its own
answer, or sends again. A parcel that goes abroad has two legs: `lastResult` here, `destResult` there.
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _

from orders.models import Shipment
from orders.policies.parcel_way import Scan, with_whole_state
from shopcomm.core.json_text import json_text
from shopcomm.core.reading import json_object
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
from shopcomm.edge.integrations.moments import BEIJING, read_moment

State = Shipment.State
SERVER = "https://poll.kuaidi100.com"
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}
# Nobody wrote down with whom a parcel goes.
UNNAMED = "other"

# Codes of a parcel and, with `resultv2`, of each scan, with the names that stand for them there.
_TABLE: tuple[tuple[str, str, str], ...] = (
    ("0", "在途", State.IN_TRANSIT),
    ("1", "揽收", State.COLLECTED),
    ("2", "疑难", State.PROBLEM),
    ("3", "签收", State.SIGNED),
    ("4", "退签", State.REFUSED),
    ("5", "派件", State.OUT_FOR_DELIVERY),
    ("6", "退回", State.RETURNING),
    ("7", "转投", State.IN_TRANSIT),
    ("8", "清关", State.IN_TRANSIT),
    ("10", "待清关", State.IN_TRANSIT),
    ("11", "清关中", State.IN_TRANSIT),
    ("12", "已清关", State.IN_TRANSIT),
    ("13", "清关异常", State.PROBLEM),
    ("14", "拒签", State.REFUSED),
    ("101", "已下单", State.HANDED_OVER),
    ("102", "待揽收", State.HANDED_OVER),
    ("103", "已揽收", State.COLLECTED),
    ("1001", "到达派件城市", State.IN_TRANSIT),
    ("1002", "干线", State.IN_TRANSIT),
    ("1003", "转递", State.IN_TRANSIT),
    ("201", "超时未签收", State.PROBLEM),
    ("202", "超时未更新", State.PROBLEM),
    ("203", "拒收", State.REFUSED),
    ("204", "派件异常", State.PROBLEM),
    ("205", "柜或驿站超时未取", State.PROBLEM),
    ("206", "无法联系", State.PROBLEM),
    ("207", "超区", State.PROBLEM),
    ("208", "滞留", State.PROBLEM),
    ("209", "破损", State.PROBLEM),
    ("210", "销单", State.PROBLEM),
    ("301", "本人签收", State.SIGNED),
    ("302", "派件异常后签收", State.SIGNED),
    ("303", "代签", State.SIGNED),
    ("304", "投柜或站签收", State.SIGNED),
    ("501", "投柜或驿站", State.OUT_FOR_DELIVERY),
)
# The names are codes, too: each is one of these words or none of them. What a scan tells in sentences is never looked at.
CODES = {key: str(state.value) for code, name, state in _TABLE for key in (code, name)}  # type: ignore[attr-defined]

# Answers to a subscription: it follows the parcel already, it has trouble, the account has.
_FOLLOWED, _TROUBLE, _ACCOUNT = {"200", "501"}, {"500", "502", "503", "504", "408", "429"}, {"600", "601"}
# Answers to a query: nothing is known yet, and again the account's.
_NOTHING_YET, _QUERY_ACCOUNT = {"400", "408", "500"}, {"503", "601"}
_ENDED = {"shutdown": "shutdown", "abort": "abort"}


class Kuaidi100(TakesPushes, Subscribes, Answers):
    code, label = "kuaidi100", _("快递100")
    credentials = (
        Credential("key", _("授权 key")),
        Credential("customer", _("customer（查询用，可不填）"), is_needed=False),
        Credential("salt", _("签名 salt"), hint=_("留空就由我们生成，订阅时告诉快递100"), is_needed=False),
    )
    signing, makes_secret = "salt", True

    def may_query(self, access: Access) -> bool:
        """A query is signed with the customer's number as well."""
        return bool(access.credentials.get("customer"))

    def is_signed(self, push: Push, access: Access) -> bool:
        """Whether `sign` is of the raw text and one of the salts."""
        param, sign = push.form.get("param", ""), push.form.get("sign", "")
        signed = [_md5(param + salt) for salt in access.secrets]
        return bool(param) and any(hmac.compare_digest(each, sign.upper().encode()) for each in signed)

    def kept(self, push: Push) -> str:
        """The signed text."""
        return push.form.get("param", "")

    def taken(self) -> Reply:
        """As its documentation wants it."""
        return Reply(200, {"result": True, "returnCode": "200", "message": "成功"})

    def refused(self, status: int) -> Reply:
        """Sent again later."""
        return Reply(status, {"result": False, "returnCode": str(status), "message": "没有接收"})

    def read(self, text: str, codes: Mapping[str, str]) -> list[Track]:
        """One parcel, with its legs joined."""
        said = json_object(text)
        last = object_in(said, "lastResult") if said is not None else {}
        number = code_text(last.get("nu"))
        if said is None or not number:
            raise Unreadable
        meaning = Codes(CODES, codes)
        legs = [leg for leg in (last, object_in(said, "destResult")) if leg]
        scans = [scan for leg in legs for scan in _scans(leg, meaning)]
        whole = meaning.state(code_text(legs[-1].get("state")))
        old, new = code_text(said.get("comOld")), code_text(said.get("comNew"))
        corrected = new if code_text(said.get("autoCheck")) == "1" and new != old else ""
        return [
            Track(
                number=number,
                carriers=tuple(dict.fromkeys(filter(None, (old, code_text(last.get("com")), new)))),
                scans=with_whole_state(scans, whole),
                ended=_ended(said),
                suggested=corrected,
                unknown=tuple(meaning.unknown),
            )
        ]

    def subscribe(self, parcel: Asked, access: Access) -> Outcome:
        """Have it pushed from now on; one that is followed already is taken, too."""
        parameters = {"callbackurl": access.callback, "salt": _salt(access), "resultv2": "4"}
        if parcel.phone_tail and parcel.carrier in WANT_PHONE:
            parameters["phone"] = parcel.phone_tail
        if parcel.carrier == UNNAMED:
            # The service finds out whose it is.
            parameters["autoCom"] = "1"
        param = {
            "company": "" if parcel.carrier == UNNAMED else parcel.carrier,
            "number": parcel.number,
            "key": access.credentials.get("key", ""),
            "parameters": parameters,
        }
        said = _post(access, "/poll", {"schema": "json", "param": json_text(param)})
        code, detail = code_text(said.get("returnCode")), words_of(said.get("message"))
        if code in _FOLLOWED:
            return Outcome(Told.TAKEN)
        if code in _ACCOUNT:
            return Outcome(Told.ACCOUNT, f"{code} {detail}")
        return Outcome(
            Told.LATER if code in _TROUBLE or not code else Told.REFUSED, f"{code} {detail}".strip()
        )

    def query(self, parcel: Asked, access: Access) -> Outcome:
        """Its way as it is known there now."""
        asked = {"com": parcel.carrier, "num": parcel.number, "resultv2": "4"}
        if parcel.phone_tail and parcel.carrier in WANT_PHONE:
            asked["phone"] = parcel.phone_tail
        param, customer = json_text(asked), access.credentials.get("customer", "")
        sign = _md5(param + access.credentials.get("key", "") + customer).decode()
        said = _post(access, "/poll/query.do", {"customer": customer, "sign": sign, "param": param})
        if code_text(said.get("status")) == "200" and said.get("nu"):
            meaning = Codes(CODES, access.codes)
            scans = with_whole_state(_scans(said, meaning), meaning.state(code_text(said.get("state"))))
            number = code_text(said.get("nu"))
            found = Track(number, (parcel.carrier,), scans, unknown=tuple(meaning.unknown))
            return Outcome(Told.TAKEN, track=found)
        code, detail = code_text(said.get("returnCode")), words_of(said.get("message"))
        if code in _QUERY_ACCOUNT:
            return Outcome(Told.ACCOUNT, f"{code} {detail}")
        return Outcome(
            Told.LATER if code in _NOTHING_YET or not code else Told.REFUSED, f"{code} {detail}".strip()
        )


def _scans(leg: Mapping[str, Any], meaning: Codes) -> list[Scan]:
    """What is listed of a leg, in true order: it stands there newest first."""
    scans = []
    for said in reversed(objects_in(leg, "data")):
        at = read_moment(said.get("ftime") or said.get("time"), BEIJING)
        if at is not None:
            state = meaning.state(code_text(said.get("statusCode")) or code_text(said.get("status")))
            scans.append(Scan(at, state, words_of(said.get("context")), words_of(said.get("areaName"))))
    return scans


def _ended(said: Mapping[str, Any]) -> str:
    """Why it is followed no longer: it has arrived, or nothing was found of it for days."""
    status = _ENDED.get(code_text(said.get("status")), "")
    return f"{status} {words_of(said.get('message'))}".strip()[:60] if status == "abort" else status


def _salt(access: Access) -> str:
    return access.secrets[0] if access.secrets else ""


def _post(access: Access, path: str, form: Mapping[str, str]) -> Mapping[str, Any]:
    """What is answered to a form; nothing for what is no JSON."""
    server = str(access.configuration.get("address") or SERVER).rstrip("/")
    answer = ask_service(server + path, urlencode(form).encode(), FORM)
    if not answer.is_success:
        return {"message": f"HTTP {answer.status}"}
    return json_object(answer.text) or {}


def _md5(text: str) -> bytes:
    """Their signature; the algorithm is theirs, too."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper().encode()
