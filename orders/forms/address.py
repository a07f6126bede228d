"""The six fields of an address, and the pasted text that fills them. Parsing changes nothing."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.forms import Form
from django.http import QueryDict
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from orders.labels import field_label
from orders.models import Order
from orders.reading.addresses import LONGEST, read_receiver
from orders.selectors.addresses import COLUMNS, REQUIRED
from shopcomm.core.phones import written_phone
from shopcomm.core.rate_limits import seconds_to_wait

# For one person: twenty at once, then one every two seconds.
RATE, BURST = 0.5, 20
# The button that asks for the pasted text to be read, where no script does.
READ = "read_address"
# What browsers may fill in; the city stands below the province.
_KNOWN_AS = {
    "name": "name", "phone": "tel", "province": "address-level1", "city": "address-level2", "district": "address-level3",
    "street": "street-address",
}  # fmt: skip


@dataclass(frozen=True)
class Pasted:
    """The pasted text, the fields found in it, and the message for the person who pasted it."""

    text: str = ""
    address: dict[str, str] = field(default_factory=dict)
    told: str = ""
    status: int = 200

    def into(self, values: Mapping[str, str]) -> dict[str, str]:
        """The values of the six parts with what was found; a name that is not given stays whose it was."""
        placed = bool(self.address.get("province"))
        found = {
            name: value
            for name, value in self.address.items()
            # A district that is not named is none.
            if value or (name == "district" and placed)
        }
        return {**values, **found}


@dataclass(frozen=True)
class AddressField:
    """One of the six fields as a form shows it. `part` is what it is, `name` what the form calls it."""

    part: str
    name: str
    id: str
    label: str
    value: str
    error: str = ""
    # What the editor saw when the page was opened, for a form that compares.
    hidden: SafeString = field(default_factory=SafeString)

    @property
    def longest(self) -> int:
        column: Any = Order._meta.get_field(COLUMNS[self.part])
        longest: int = column.max_length
        return longest

    @property
    def required(self) -> bool:
        return self.part in REQUIRED

    @property
    def known_as(self) -> str:
        return _KNOWN_AS[self.part]


@dataclass(frozen=True)
class AddressWidget:
    """Paste and read, and the six fields: one look of them in every form."""

    fields: tuple[AddressField, ...]
    place: str
    pasted: Pasted = field(default_factory=Pasted)


def address_widget(values: Mapping[str, str], *, place: str, pasted: Pasted | None = None) -> AddressWidget:
    """The widget with values by part; `place` tells two of one page apart."""
    shown = pasted.into(values) if pasted else values
    fields = tuple(
        AddressField(part, part, f"{place}-{part}", field_label(column), _shown(part, shown.get(part, "")))
        for part, column in COLUMNS.items()
    )
    return AddressWidget(fields, place, pasted or Pasted())


def widget_of_form(form: Form, pasted: Pasted | None = None) -> AddressWidget:
    """The widget of a form that names its fields as the order names its columns, with their errors."""
    fields = []
    for part, column in COLUMNS.items():
        bound = form[column]
        hidden = bound.as_hidden(only_initial=True) if bound.field.show_hidden_initial else SafeString()
        value = "" if bound.value() is None else str(bound.value())
        error = str(bound.errors[0]) if bound.errors else ""
        fields.append(AddressField(part, column, bound.id_for_label, str(bound.label), value, error, hidden))
    return AddressWidget(tuple(fields), "receiver", pasted or Pasted())


def _shown(part: str, value: str) -> str:
    return written_phone(value) if part == "phone" else value


def wants_reading(post: QueryDict) -> bool:
    """Whether the form is not sent yet but its pasted text is to be parsed into the fields."""
    return READ in post


def with_pasted(
    post: QueryDict, *, who: str, name_of: Callable[[str], str] = str
) -> tuple[QueryDict, Pasted]:
    """A form as it was typed, with what was pasted in its fields; `name_of` says what it calls a part."""
    pasted = pasted_address(post.get("pasted", ""), who=who)
    filled = post.copy()
    for part, value in pasted.into({}).items():
        filled[name_of(part)] = value
    return filled, pasted


def pasted_address(text: str, *, who: str) -> Pasted:
    """Read what `who` pasted."""
    text = text[:LONGEST]
    if wait := seconds_to_wait(f"paste:{who}", rate=RATE, size=BURST):
        told = _("操作太频繁，请 %(seconds)d 秒后再试") % {"seconds": math.ceil(wait)}
        return Pasted(text, {}, told, 429)
    read = read_receiver(text)
    if not (read.province or (read.phone and (read.name or read.street))):
        return Pasted(text, {}, _("没有认出地址，请直接填写下面几栏"))
    address: dict[str, Any] = {name: getattr(read, name) for name in COLUMNS}
    address["phone"] = written_phone(read.reachable_phone)
    told = _("已填好，请核对后提交") if read.is_complete else _("只认出一部分，请补全后提交")
    if read.rest:
        told += _("。没有用上：%(words)s") % {"words": read.rest}
    return Pasted(text, address, told)
