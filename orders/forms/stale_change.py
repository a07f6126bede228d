"""A change form that was opened before the order changed: what its reader left alone is not asked for.

The form carries what it showed (`was-…`). A field that still says so means "as it is", whatever the order says by now;
one that was changed, of a thing that changed meanwhile as well, is looked at once more before it is asked for.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from orders.errors import GuardFailed
from orders.models import Order, OrderLine
from orders.selectors.addresses import COLUMNS
from shopcomm.core.phones import written_phone

WAS = "was-"
# What belongs together: another city with the street of this one is no address.
TOGETHER = (("name",), ("phone",), ("province", "city", "district", "street"))


def shown_address(order: Order) -> dict[str, str]:
    """An order's address as the form shows it."""
    address = {name: getattr(order, column) for name, column in COLUMNS.items()}
    return address | {"phone": written_phone(address["phone"])}


def shown_values(order: Order, lines: Iterable[OrderLine]) -> dict[str, dict[str, Any]]:
    """The hidden fields of the address form and of the goods form, by form."""
    goods = {f"quantity-{line.pk}": line.quantity for line in lines} | {
        f"sku-{line.pk}": line.sku for line in lines
    }
    return {
        "address": {WAS + name: value for name, value in shown_address(order).items()},
        "items": {WAS + name: value for name, value in goods.items()},
    }


def asked_address(post: QueryDict, order: Order) -> dict[str, str]:
    """The parts of the address that the form's reader changed. Raises GuardFailed for one that changed meanwhile."""
    now = shown_address(order)
    asked: dict[str, str] = {}
    for group in TOGETHER:
        given = {name: post.get(name, "") for name in group}
        if _is_asked(given, _shown(post, group), {name: now[name] for name in group}):
            asked |= given
    return asked


def asked_line(post: QueryDict, line: OrderLine, sku: str, quantity: int) -> tuple[str, int]:
    """What the form asks of one line: `sku` and `quantity` as posted, else as the line is. Raises as above."""
    names = (f"sku-{line.pk}", f"quantity-{line.pk}")
    # Goods of one colour have no field for it.
    given = {names[0]: post.get(names[0], post.get(WAS + names[0], sku)), names[1]: str(quantity)}
    now = {names[0]: line.sku, names[1]: str(line.quantity)}
    return (sku, quantity) if _is_asked(given, _shown(post, names), now) else (line.sku, line.quantity)


def is_left_alone(post: QueryDict, *names: str) -> bool:
    """Whether these fields still say what the form showed; a form that does not tell what it showed is taken as it is."""
    shown = _shown(post, names)
    return shown is not None and _plain({name: post.get(name, shown[name]) for name in names}) == _plain(
        shown
    )


def _shown(post: QueryDict, names: Iterable[str]) -> dict[str, str] | None:
    """What the form showed of these; None for a form that does not say."""
    shown = {name: post.get(WAS + name, "") for name in names if WAS + name in post}
    return shown if len(shown) == len(tuple(names)) else None


def _is_asked(given: Mapping[str, str], shown: Mapping[str, str] | None, now: Mapping[str, str]) -> bool:
    if shown is None:
        return True
    if _plain(given) == _plain(shown):
        return False
    if _plain(shown) not in (_plain(now), _plain(given)) and _plain(given) != _plain(now):
        raise GuardFailed(("changed_meanwhile", _("订单刚刚有变化，请核对后再提交一次")))
    return True


def _plain(values: Mapping[str, str]) -> dict[str, str]:
    return {name: " ".join(str(value).split()) for name, value in values.items()}
