"""Ways of parcels as the services write them: the shapes of their documentation, with a way of our own."""

import hashlib
import json
from typing import Any

# Newest first; the parcel was out for delivery before it went into a shop, which is 在途 again.
ROWS = (
    ("2026-11-24 17:31:57", "签收", "客户签收人: 已签收，签收人凭取货码签收", None),
    ("2026-11-24 13:53:38", "在途", "快件已由西门店代收，请及时取件", None),
    ("2026-11-24 12:13:56", "在途", "【济南市孙村公司】 已收入", "山东,济南市,历城区"),
    ("2026-11-24 11:41:58", "派件", "【济南市孙村公司】 派件中 派件人: 方彪", None),
    ("2026-11-24 06:18:01", "在途", "【济南转运中心】 已发出", "山东,济南市"),
    ("2026-11-24 06:15:03", "在途", "【济南转运中心公司】 已收入", "山东,济南市"),
    ("2026-11-23 20:11:22", "在途", "【天津转运中心】 已发出 下一站 【济南】", "天津"),
    ("2026-11-23 20:08:29", "在途", "【天津转运中心公司】 已收入", "天津"),
    ("2026-11-23 13:03:42", "揽收", "【曹妃甸公司】 已揽收", "河北,唐山市,曹妃甸区"),
)


def kuaidi100_row(
    time: str, status: str, context: str, area: str | None = None, **more: Any
) -> dict[str, Any]:
    return {"time": time, "ftime": time, "context": context, "status": status, "areaName": area} | more


def kuaidi100_result(
    number: str, rows: list[dict[str, Any]], state: str, com: str = "yuantong"
) -> dict[str, Any]:
    is_signed = "1" if state == "3" else "0"
    return {
        "message": "ok",
        "state": state,
        "status": "200",
        "ischeck": is_signed,
        "com": com,
        "nu": number,
        "data": rows,
    }


def kuaidi100_push(
    number: str,
    rows: list[dict[str, Any]] | None = None,
    state: str = "3",
    *,
    status: str = "polling",
    **more: Any,
) -> dict[str, Any]:
    """What is pushed of a parcel: without rows the whole way above."""
    rows = [kuaidi100_row(*row) for row in ROWS] if rows is None else rows
    head = {
        "status": status,
        "billstatus": "got",
        "message": "",
        "autoCheck": "0",
        "comOld": "",
        "comNew": "",
    }
    return head | {"lastResult": kuaidi100_result(number, rows, state)} | more


def signed_form(push: dict[str, Any], salt: str) -> dict[str, str]:
    """A push as 快递100 sends it."""
    param = json.dumps(push, ensure_ascii=False)
    return {"param": param, "sign": hashlib.md5((param + salt).encode()).hexdigest().upper()}


def seventeen_push(
    number: str, events: list[dict[str, Any]], status: str, sub_status: str = ""
) -> dict[str, Any]:
    """What 17TRACK pushes of a parcel with one provider."""
    provider = {"provider": {"key": 100003, "name": "SF Express"}, "events": events}
    info = {
        "latest_status": {"status": status, "sub_status": sub_status or f"{status}_Other"},
        "tracking": {"providers": [provider]},
    }
    data = {"number": number, "carrier": 100003, "param": None, "tag": "", "track_info": info}
    return {"event": "TRACKING_UPDATED", "data": data}


def seventeen_event(time: str, sub_status: str, description: str | None = "", **more: Any) -> dict[str, Any]:
    return {
        "time_utc": time,
        "time_iso": time,
        "description": description,
        "sub_status": sub_status,
        "stage": None,
    } | more
