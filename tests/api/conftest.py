from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from orders.models import Variant
from shopcomm.core.accounts.services.api_keys import create_api_key


@pytest.fixture
def with_scopes(db: None) -> Callable[..., Client]:
    """A client whose key has these scopes and no others."""

    def make(*scopes: str) -> Client:
        secret = create_api_key(name="+".join(scopes)[:80] or "无权限", scopes=list(scopes))[1]
        return Client(headers={"authorization": f"Bearer {secret}"})

    return make


@pytest.fixture
def body(variant: Variant) -> dict[str, Any]:
    """An order as another system sends it."""
    return {
        "customer": {"name": "吴丽华", "phone": "138 0013 8000"},
        "source": "web",
        "items": [{"sku": variant.sku, "quantity": 2}],
        "address": {
            "name": "吴丽华",
            "phone": "13800138000",
            "province": "广东省",
            "city": "广州市",
            "district": "白云区",
            "street": "机场路 88 号",
        },
        "urgent": True,
        "note": "要发票",
        "external_id": "TB-1001",
    }


@pytest.fixture
def post(api: Client) -> Callable[..., Any]:
    """POSTs JSON; `key` is the Idempotency-Key."""

    def send(path: str, data: Any, *, key: str = "", client: Client = api) -> Any:
        headers = {"idempotency-key": key} if key else {}
        return client.post(f"/api/v1/{path}", data, content_type="application/json", headers=headers)

    return send
