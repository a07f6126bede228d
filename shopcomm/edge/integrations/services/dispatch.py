"""What another system sends besides its orders: each type of envelope may have an applier of its own.

A record whose envelope (`{"type", "timestamp", "data"}`) has no applier says how an order is.
"""

from collections.abc import Callable, Mapping
from typing import Any

from shopcomm.edge.integrations.models import InboundRecord
from shopcomm.edge.integrations.services.order_parts import Applied

# Nobody else is at work on the record's order meanwhile. It may run again for a record that it has applied before.
# Raises NotReadable for what is parked.
Applier = Callable[[InboundRecord], Applied]

_APPLIERS: dict[str, Applier] = {}


def register_applier(type_: str, applier: Applier) -> None:
    """Have records of a type applied by a function. Raises ValueError for a type that another one applies."""
    if type_ in _APPLIERS:
        raise ValueError(f"two appliers are there for {type_}")
    _APPLIERS[type_] = applier


def applier_of(body: Mapping[str, Any]) -> Applier | None:
    """Who applies a body of its type; None where it is an order."""
    return _APPLIERS.get(str(body.get("type", "")))
