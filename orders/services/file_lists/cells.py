"""What lists of every kind ask of their cells, each refused in words for whoever mends the file."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from orders.services.file_lists.layout import Field
from orders.services.imports.values import RowRefused, cell_text, money_of

Values = dict[str, Any]


def labels_of(fields: Iterable[Field], names: Iterable[str]) -> str:
    """What some fields are called."""
    labels = {each.name: str(each.label) for each in fields}
    return _("、").join(labels[name] for name in names)


def fitting_text(text: str, model: type[Model], name: str, *, what: str) -> str:
    """A text, if its column has room for it. Raises RowRefused."""
    most = getattr(model._meta.get_field(name), "max_length", None) or 0
    if len(text) > most:
        raise RowRefused(_("%(what)s太长，最多 %(most)s 个字") % {"what": what, "most": most})
    return text


def number_of(cell: Any, *, what: str | Promise, least: int, most: Decimal | int, step: Decimal) -> Decimal:
    """A number between two others, in whole steps. Raises RowRefused."""
    number, _currency = money_of(cell, what=what, comma=False)
    if number % step or not least <= number <= most:
        raise RowRefused(_("%(what)s不正确：%(value)s") % {"what": what, "value": cell_text(cell)[:40]})
    return number


def whole_number_of(cell: Any, *, what: str | Promise, least: int, most: int) -> int:
    """The same without a fraction."""
    return int(number_of(cell, what=what, least=least, most=most, step=Decimal(1)))


def differing_values(now: Mapping[str, Any], wanted: Mapping[str, Any]) -> tuple[Values, Values]:
    """Those of the wanted values that are not there: as they are, and as they are wanted."""
    after = {name: value for name, value in wanted.items() if now[name] != value}
    return {name: now[name] for name in after}, after


def check_untouched(
    now: Mapping[str, Any], after: Mapping[str, Any], *, called: str, fields: Iterable[Field]
) -> None:
    """Whether something still is as a row made it. Raises RowRefused with what is otherwise."""
    if changed := [name for name, value in after.items() if now[name] != value]:
        told = {"sku": called, "what": labels_of(fields, changed)}
        raise RowRefused(_("%(sku)s 之后又改过：%(what)s") % told)
