"""An after-sale as `aftersale/getaftersaleorder` tells it, read into what is followed here."""

from typing import Any

from shopcomm.edge.integrations.members import object_in, text_in
from shopcomm.edge.integrations.weixin_shop.mapping import number_in, yuan_of


def read_weixin_case(found: Any) -> dict[str, Any]:
    """What is said of an after-sale, as plain JSON with ids as text. Raises ValueError for what names no order."""
    case = found if isinstance(found, dict) else {}
    goods, refund = object_in(case, "product_info"), object_in(case, "refund_info")
    sent_back = object_in(case, "return_info")
    if not text_in(case, "order_id"):
        raise ValueError("an after-sale of no order")
    return {
        "id": text_in(case, "after_sale_order_id"),
        "order_id": text_in(case, "order_id"),
        "status": text_in(case, "status"),
        "type": text_in(case, "type"),
        "sku_id": text_in(goods, "sku_id"),
        "count": number_in(goods.get("count")),
        "amount": yuan_of(refund.get("amount")),
        "reason": text_in(case, "reason_text"),
        "description": text_in(object_in(case, "details"), "desc")[:300],
        "waybill": text_in(sent_back, "waybill_id"),
        "delivery_id": text_in(sent_back, "delivery_id"),
    }
