"""From the rows of another system to orders as `read_inbound_order` takes them. A table of targets; plain functions.

What a row does not say is left out, so that it is left alone. What cannot be read goes through as it is: the record is
parked then, with the reason by its field, and nothing is guessed.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orders.reading.addresses import read_receiver
from shopcomm.core.reading import decimal_amount, whole_number
from shopcomm.edge.integrations.moments import read_moment
from shopcomm.edge.integrations.polling.json_paths import MISSING, JsonPath, read_path, value_at
from shopcomm.edge.integrations.polling.source_settings import MoneyUnit, SourceSettings

Reader = Callable[[Any, SourceSettings], Any]
# Sums that came through binary fractions are off by less.
_BINARY = re.compile(r"-?[0-9]{1,15}\.[0-9]{10,30}")
_ROUNDING = Decimal("0.000001")
_CENT = Decimal("0.01")
_YES, _NO = frozenset({"true", "1", "y", "yes", "是"}), frozenset({"false", "0", "n", "no", "否"})


# --- single values --------------------------------------------------------------------------------
def _text(value: Any, _settings: SourceSettings) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value).strip() if isinstance(value, str | int) else value


def _moment(value: Any, settings: SourceSettings) -> Any:
    moment = read_moment(value, settings.timezone)
    return moment.isoformat() if moment else _text(value, settings)


def _money(value: Any, settings: SourceSettings) -> Any:
    text = str(_text(value, settings))
    for sign in ("¥", "￥", "元", ",", "，", " "):
        text = text.replace(sign, "")
    amount = decimal_amount(text) if not _BINARY.fullmatch(text) else Decimal(text)
    if amount is None:
        return _text(value, settings)
    amount = amount / 100 if settings.money == MoneyUnit.FEN else amount
    rounded = amount.quantize(_CENT)
    return f"{rounded if abs(rounded - amount) < _ROUNDING else amount:f}"


def _count(value: Any, settings: SourceSettings) -> Any:
    amount = decimal_amount(str(_text(value, settings)).replace(",", ""))
    is_whole = amount is not None and amount == amount.to_integral_value()
    return int(amount) if amount is not None and is_whole else _text(value, settings)


def _whole(value: Any, settings: SourceSettings) -> Any:
    number = whole_number(str(_text(value, settings)))
    return _text(value, settings) if number is None else number


def _flag(value: Any, settings: SourceSettings) -> Any:
    text = str(_text(value, settings)).casefold()
    return True if text in _YES else False if text in _NO else _text(value, settings)


@dataclass(frozen=True)
class Target:
    """One thing that an order may need: its name in the mapping, what people call it, how it is read.

    `may_be_empty`: an empty text says something; of all others it says nothing.
    """

    name: str
    label: str | Promise
    read: Reader = _text
    may_be_empty: bool = False


TARGETS = (
    Target("external_id", _("订单号")),
    Target("occurred_at", _("更新时间"), _moment),
    Target("version", _("版本号"), _whole),
    Target("status", _("状态")),
    Target("customer.name", _("客户姓名")),
    Target("customer.phone", _("客户手机")),
    Target("customer.company", _("客户公司")),
    Target("address.name", _("收件人")),
    Target("address.phone", _("收件人电话")),
    Target("address.province", _("省")),
    Target("address.city", _("市")),
    Target("address.district", _("区县")),
    Target("address.street", _("详细地址")),
    Target("address.whole", _("整段地址")),
    Target("items.sku", _("商品编码")),
    Target("items.quantity", _("数量"), _count),
    Target("items.unit_price", _("单价"), _money),
    Target("note", _("备注"), may_be_empty=True),
    Target("urgent", _("加急"), _flag),
    Target("discount", _("优惠"), _money),
    Target("shipping_fee", _("运费"), _money),
    Target("payment.amount", _("付款金额"), _money),
    Target("payment.method", _("付款方式")),
    Target("payment.reference", _("付款流水号")),
    Target("shipments.carrier", _("快递公司")),
    Target("shipments.tracking_number", _("快递单号")),
    Target("reason", _("取消或退款的原因")),
)
BY_NAME: Mapping[str, Target] = {each.name: each for each in TARGETS}
# Of which an order has several: a path with `[*]` leads to them, one without leads to one in each row of the order.
LISTS = ("items", "shipments")


@lru_cache(maxsize=4096)
def _path(text: str) -> JsonPath:
    return read_path(text)


def _read(row: Any, path: JsonPath, target: Target, settings: SourceSettings) -> Any:
    value = value_at(row, path)
    if value is MISSING or value is None:
        return MISSING
    value = target.read(value, settings)
    return MISSING if value == "" and not target.may_be_empty else value


# --- rows -----------------------------------------------------------------------------------------
def has_flat_lines(settings: SourceSettings) -> bool:
    """Whether a row is a line of an order, so that several rows make one."""
    return any(
        name.startswith("items.") and path and not _path(path).has_each
        for name, path in settings.fields.items()
    )


def order_number_of(row: Any, settings: SourceSettings) -> str:
    """The order that a row is about; empty where it names none."""
    found = _read(row, _path(settings.fields.get("external_id", "")), BY_NAME["external_id"], settings)
    return found if isinstance(found, str) else ""


def group_rows(rows: Sequence[Any], settings: SourceSettings) -> list[list[Any]]:
    """The rows of each order: one, unless rows are lines; those of an order follow one another then."""
    groups: list[list[Any]] = []
    last, is_flat = "", has_flat_lines(settings)
    for row in rows:
        number = order_number_of(row, settings) if is_flat else ""
        if number and number == last:
            groups[-1].append(row)
        else:
            groups.append([row])
        last = number
    return groups


def map_order(group: Sequence[Any], settings: SourceSettings) -> dict[str, Any]:
    """One order as `read_inbound_order` takes it, from its rows."""
    order: dict[str, Any] = {}
    for target in TARGETS:
        part, _dot, name = target.name.partition(".")
        path = settings.fields.get(target.name, "")
        if not path or part in LISTS:
            continue
        value = _read(group[0], _path(path), target, settings)
        if value is not MISSING:
            (order.setdefault(part, {}) if name else order)[name or part] = value
    for part in LISTS:
        if found := _members(group, part, settings):
            order[part] = found
    return _completed(order)


def _members(group: Sequence[Any], part: str, settings: SourceSettings) -> list[dict[str, Any]]:
    """The lines or parcels of an order; in rows that repeat a parcel it is one."""
    found: list[dict[str, Any]] = []
    targets = [
        each for each in TARGETS if each.name.startswith(f"{part}.") and settings.fields.get(each.name)
    ]
    if not targets:
        return []
    paths = [_path(settings.fields[each.name]) for each in targets]
    names = [each.name.partition(".")[2] for each in targets]
    for row in group:
        for member in _lists(row, paths):
            values = [
                _read(value, path, target, settings)
                for (value, path), target in zip(member, targets, strict=True)
            ]
            read = {name: value for name, value in zip(names, values, strict=True) if value is not MISSING}
            if read and (part == "items" or read not in found):
                found.append(read)
    return found


def _lists(row: Any, paths: Sequence[JsonPath]) -> list[list[tuple[Any, JsonPath]]]:
    """For each member of the list that the paths lead to: where each path starts from, and what is left of it."""
    with_each = [path for path in paths if path.has_each]
    if not with_each:
        return [[(row, path) for path in paths]]
    lists = {path.split_at_each()[0]: value_at(row, path.split_at_each()[0]) for path in with_each}
    longest = max((len(each) for each in lists.values() if isinstance(each, list)), default=0)
    return [[_start(row, path, lists, place) for path in paths] for place in range(longest)]


def _start(row: Any, path: JsonPath, lists: Mapping[JsonPath, Any], place: int) -> tuple[Any, JsonPath]:
    if not path.has_each:
        return row, path
    to_list, rest = path.split_at_each()
    members = lists[to_list]
    is_there = isinstance(members, list) and place < len(members)
    return (members[place] if is_there else MISSING), rest


def _completed(order: dict[str, Any]) -> dict[str, Any]:
    """A whole address taken apart; a customer who is not named is the receiver."""
    address = order.get("address", {})
    whole = address.pop("whole", None)
    if isinstance(whole, str):
        for name, value in _taken_apart(whole).items():
            address.setdefault(name, value)
    if not address:
        order.pop("address", None)
    customer = order.get("customer", {})
    for name in ("name", "phone"):
        if name in address and name not in customer:
            order.setdefault("customer", customer)[name] = address[name]
    return order


def _taken_apart(whole: str) -> dict[str, str]:
    """The fields of an address in one text. Of one that is not certain only the street, so that a person looks at it."""
    read = read_receiver(whole)
    if not read.is_complete:
        return {"street": whole}
    names = ("name", "phone", "province", "city", "district")
    # What belongs to no field may say where in the house.
    street = f"{read.street} {read.rest}".strip()
    return {name: getattr(read, name) for name in names if getattr(read, name)} | {"street": street}
