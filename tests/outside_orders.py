"""Orders as another system tells of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

NOON = datetime(2026, 11, 30, 4, tzinfo=UTC)


def outside_order(sku: str, status: str | None = None, *, minute: int = 0, **fields: Any) -> dict[str, Any]:
    """A whole order as another system sends it, so many minutes after noon."""
    told: dict[str, Any] = {
        "external_id": "EXT-1",
        "occurred_at": (NOON + timedelta(minutes=minute)).isoformat(),
        "customer": {"name": "外部客户", "phone": "+8613900000001"},
        "items": [{"sku": sku, "quantity": 2}],
        "address": {
            "name": "吴丽华",
            "phone": "13800138000",
            "province": "广东省",
            "city": "广州市",
            "district": "白云区",
            "street": "机场路 88 号",
        },
        "source": "web",
    }
    return told | ({"status": status} if status else {}) | fields


def part_of(whole: dict[str, Any], *names: str) -> dict[str, Any]:
    """Only these parts of what is told of an order, beside what it is and when."""
    return {name: whole[name] for name in ("external_id", "occurred_at", *names)}
