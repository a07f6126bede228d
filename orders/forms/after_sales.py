"""The form for a case, the same on the customer's phone and at the desk."""

from typing import Any
from uuid import uuid4

from django.http import QueryDict

from orders.models import AfterSalesCase, Order, OrderLine, Variant
from orders.selectors.change_requests import siblings_of
from orders.selectors.claims import claim_deadline, claim_refusal, claimable_pieces
from orders.services.after_sales import CaseInput, CaseLine
from orders.services.refunds import refundable_amount
from shopcomm.core import reading


def read_case(data: QueryDict, pictures: list[str] | None = None) -> CaseInput:
    """The posted case as the service takes it; the service refuses invalid input."""
    lines = []
    for name in data:
        if not name.startswith("quantity-"):
            continue
        written = name.removeprefix("quantity-")
        line_id, quantity = reading.whole_number(written, least=1), reading.piece_count(data[name])
        if line_id and quantity:
            lines.append(CaseLine(line_id, quantity, data.get(f"wanted-{written}", "")[:64]))
    return CaseInput(
        kind=data.get("kind", ""),
        reason=data.get("reason", ""),
        lines=lines,
        note=data.get("note", ""),
        pictures=pictures or [],
        key=data.get("key", ""),
    )


def case_form(order: Order, posted: QueryDict | None = None, *, decides_late: bool = False) -> dict[str, Any]:
    """What the form shows: the lines that can still be claimed, kinds, reasons, and a key that makes sending safe.

    Where nothing can be claimed, `no_claim` says why. `posted`: a form that was refused comes back as it was filled
    in. `decides_late`: for a manager, who may open a case after its time.
    """
    lines = list(
        order.lines.select_related("variant__product").prefetch_related("variant__product__variants")
    )
    left, siblings = claimable_pieces(order, lines), siblings_of(lines)
    given = posted or QueryDict()
    # Of a single line all pieces are offered.
    usual = 1 if sum(count > 0 for count in left.values()) == 1 else 0
    return {
        "claim_lines": [
            {
                "line": line,
                "left": left[line.pk],
                "quantity": max(
                    reading.piece_count(given.get(f"quantity-{line.pk}", str(left[line.pk] * usual))), 0
                ),
                "others": _others(line, siblings[line.pk]),
                "wanted": given.get(f"wanted-{line.pk}", line.variant.sku if line.variant else ""),
                "unit": order.share_of(line.unit_price),
            }
            for line in lines
            if left[line.pk]
        ],
        "chosen": {
            "kind": given.get("kind") or AfterSalesCase.Kind.values[0],
            "reason": given.get("reason", ""),
            "note": given.get("note", ""),
        },
        "kinds": AfterSalesCase.Kind.choices,
        "reasons": AfterSalesCase.Reason.choices,
        "key": given.get("key") or uuid4(),
        "refundable": refundable_amount(order),
        "claim_deadline": claim_deadline(order),
        "no_claim": claim_refusal(order, lines, left=left, decides_late=decides_late),
    }


def _others(line: OrderLine, siblings: list[Variant]) -> list[Variant]:
    """What a line can be exchanged for: the same thing sound, or another colour or size that is there."""
    return [
        each for each in siblings if each.is_active and (each.available > 0 or each.pk == line.variant_id)
    ]
