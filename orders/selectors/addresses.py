"""The address of an order: its six fields, checked for completeness."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from orders.labels import RECEIVER
from orders.models import Order
from orders.selectors.items import Failure
from shopcomm.core.phones import PhoneRefused, kept_receiver_phone, normalise_phone
from shopcomm.core.text import one_line

COLUMNS = RECEIVER
REQUIRED = ("name", "phone", "province", "city", "street")


@dataclass(frozen=True)
class AddressInput:
    """A receiver. Some cities, such as 东莞, have no districts."""

    name: str
    phone: str
    province: str
    city: str
    district: str = ""
    street: str = ""

    def columns(self) -> dict[str, str]:
        """The order's columns that hold it."""
        return {column: column_text(column, getattr(self, field)) for field, column in COLUMNS.items()}


def receiver_of_order(order: Order) -> AddressInput:
    """The receiver as the order has it."""
    return AddressInput(**{field: getattr(order, column) for field, column in COLUMNS.items()})


def clean_text(value: Any) -> str:
    """Text for a column: stripped, without the one character PostgreSQL cannot keep."""
    return str(value or "").replace("\x00", "").strip()


def column_text(column: str, value: Any) -> str:
    """A field of the receiver as it is kept: on one line, a phone as it stands on a label."""
    text = one_line(value)
    return kept_receiver_phone(text) if column == COLUMNS["phone"] else text


def _column(name: str) -> Any:
    """A column of the order's receiver."""
    return Order._meta.get_field(name)


def check_address(columns: dict[str, str]) -> list[Failure]:
    """Why a parcel could not be sent there, if so."""
    missing = [column for field, column in COLUMNS.items() if field in REQUIRED and not columns[column]]
    if missing:
        names = _("、").join(str(_column(column).verbose_name) for column in missing)
        return [("address_incomplete", _("收货信息不完整：%(fields)s") % {"fields": names})]
    limits = {column: _column(column).max_length or 0 for column in columns}
    if any(len(value) > limits[column] for column, value in columns.items()):
        return [("address_incomplete", _("收货信息过长"))]
    try:
        normalise_phone(columns["receiver_phone"])
    except PhoneRefused as error:
        return [("address_incomplete", _("收货电话不正确：%(why)s") % {"why": error})]
    return []
