"""A change that somebody asked for, as the command to the system that keeps the order.

The form is public (docs/schemas/order.change_requested.v1.json): what changes its meaning is another version beside it.
"""

from collections.abc import Mapping
from typing import Any

from orders.labels import RECEIVER
from orders.models import ChangeRequest
from orders.policies.contact_masks import masked_fields

SCHEMA = 1
PLAIN = ("urgent", "note", "deliver_on", "discount", "shipping_fee", "reason")
OF_A_LINE = ("sku", "quantity", "unit_price")


def command_of(request: ChangeRequest, *, number: str, system: str, external_id: str) -> dict[str, Any]:
    """The command of a stored request: whole, and with everything that carrying it out needs."""
    return {
        "schema": SCHEMA,
        "request": request.pk,
        "order": number,
        "external_id": external_id,
        "system": system,
        "kind": request.kind,
        "data": _wanted(request.data),
        "asked_by": {"kind": request.asked_by_kind, "name": request.asked_by},
        "asked_at": request.asked_at.isoformat(),
        "order_version": request.base_version,
        "masked": False,
    }


def _wanted(data: Mapping[str, Any]) -> dict[str, Any]:
    """What is asked for, in the names in which the API takes an order."""
    wanted = {name: data[name] for name in PLAIN if name in data}
    address = {name: data[column] for name, column in RECEIVER.items() if column in data}
    if address:
        wanted["address"] = address
    if "items" in data:
        wanted["items"] = [
            {name: row[name] for name in OF_A_LINE if row.get(name) is not None} for row in data["items"]
        ]
    return wanted


def masked_command(command: Mapping[str, Any]) -> dict[str, Any]:
    """A command with its phone and street masked, as the log keeps it."""
    address = command["data"].get("address")
    if not address:
        return dict(command)
    columns = masked_fields({RECEIVER[name]: value for name, value in address.items()})
    hidden = {name: columns[RECEIVER[name]] for name in address}
    return {**command, "data": {**command["data"], "address": hidden}, "masked": True}


def whole_command(command: Mapping[str, Any], address: Mapping[str, Any]) -> dict[str, Any]:
    """A masked command with the address that is kept beside the log put back."""
    if not address or not command:
        return dict(command)
    return {**command, "data": {**command["data"], "address": dict(address)}, "masked": False}
