"""Calls of the API as they should be: what is sent is one of these with something spoilt."""

from random import Random
from typing import Any
from uuid import UUID

ADDRESS = {
    "name": "吴丽华", "phone": "13800138000", "province": "广东省", "city": "广州市", "district": "白云区", "street": "机场路 88 号",
}  # fmt: skip
MOVES: list[dict[str, Any]] = [
    {"to": "paid", "method": "wechat", "reference": "4200", "amount": "10.00"},
    {"to": "picking", "version": 2},
    {
        "to": "shipped",
        "carrier": "shunfeng",
        "tracking_number": "SF1234567890123",
        "lines": [{"line": 1, "quantity": 1}],
    },
    {"to": "refunding", "reason": "不想要了", "amount": "5.00"},
    {"to": "refunded"},
    {"to": "cancelled", "reason": "x", "restock": True},
]
CHANGES: list[dict[str, Any]] = [
    {"kind": "address", "data": ADDRESS},
    {"kind": "address", "data": {"address": ADDRESS}, "wish_of": "shop"},
    {"kind": "items", "data": {"items": [{"sku": "@sku@", "quantity": 2, "unit_price": "3.00"}]}},
    {"kind": "urgent", "data": {"urgent": True}},
    {"kind": "note", "data": {"note": "要发票"}},
    {"kind": "delivery_date", "data": {"deliver_on": "2026-12-24"}},
    {"kind": "cancel", "data": {"reason": "买错了"}},
]
QUERIES = {
    "orders/": ["status", "q", "source", "urgent", "created_after", "created_before", "cursor", "limit"],
    "events/": ["after", "limit", "type"],
    "products/": ["cursor", "limit"],
    "conversations/": ["cursor", "limit"],
    "messages/": ["after", "before", "limit", "q", "order", "sender", "since", "until", "has"],
}


def body_for(route: str, chance: Random, known: dict[str, list[Any]]) -> Any:
    """A sound body for a route of the API."""
    sku = chance.choice(known["sku"]) if known.get("sku") else "x"
    if route.endswith("/transitions/"):
        return chance.choice(MOVES)
    if route.endswith("/changes/"):
        return _with_sku(chance.choice(CHANGES), sku)
    if route.endswith("/stock/"):
        return chance.choice([{"on_hand": 10, "reason": "盘点"}, {"delta": -1}])
    if route.endswith("/messages/"):
        attachments = [str(UUID(int=chance.getrandbits(128)))] if chance.random() < 0.2 else []
        return {
            "client_id": str(UUID(int=chance.getrandbits(128))), "kind": "text", "body": "好的", "attachments": attachments,
            "reply_to": 1, "internal": False,
        }  # fmt: skip
    return {
        "customer": {"name": "吴丽华", "phone": "13800138000", "company": "x"}, "source": "web",
        "items": [{"sku": sku, "quantity": 1, "unit_price": "9.90"}], "address": ADDRESS, "urgent": False, "note": "x",
        "deliver_on": None, "external_id": f"F-{chance.getrandbits(40)}",
    }  # fmt: skip


def _with_sku(body: Any, sku: str) -> Any:
    if isinstance(body, dict):
        return {name: _with_sku(each, sku) for name, each in body.items()}
    if isinstance(body, list):
        return [_with_sku(each, sku) for each in body]
    return sku if body == "@sku@" else body


def query_for(route: str) -> list[str]:
    """The names that a list of the API may be asked with."""
    return next((names for ending, names in QUERIES.items() if route.endswith(ending)), ["limit"])
