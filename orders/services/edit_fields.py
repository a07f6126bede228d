"""Changing the plain fields of an order: address, assignee, delivery date, urgency."""

from typing import Any

from django.utils.translation import gettext as _

from orders.errors import GuardFailed
from orders.selectors.addresses import check_address, clean_text, column_text
from orders.services.days import read_day
from orders.services.edits import ADDRESS, Edit
from shopcomm.core.accounts.models import Staff
from shopcomm.core.accounts.rights import staff_roles_with


def change_plain_fields(edit: Edit) -> None:
    """Urgency, note, day of delivery and who looks after the order. Raises GuardFailed."""
    wanted = edit.wanted
    if "urgent" in wanted:
        edit.set("urgent", bool(wanted["urgent"]))
    if "note" in wanted:
        text = clean_text(wanted["note"])
        if len(text) > 5000:
            raise GuardFailed(("note_too_long", _("备注过长")))
        edit.set("note", text)
    if "deliver_on" in wanted:
        day, failures = read_day(wanted["deliver_on"], known=edit.order.deliver_on)
        if failures:
            raise GuardFailed(*failures)
        edit.set("deliver_on", day)
    if "assigned_to" in wanted:
        _assign(edit, wanted["assigned_to"])


def _assign(edit: Edit, value: Any) -> None:
    """Hand the order to a colleague, logged by name."""
    order = edit.order
    pk = getattr(value, "pk", value) or None
    staff = (
        Staff.objects.filter(pk=pk, is_active=True, role__in=staff_roles_with("orders.create")).first()
        if pk
        else None
    )
    if pk and staff is None:
        raise GuardFailed(("assignee_unknown", _("没有这位销售")))
    old = order.assigned_to
    if (old and old.pk) != (staff and staff.pk):
        order.assigned_to = staff
        edit.before["assigned_to"] = str(old) if old else ""
        edit.after["assigned_to"] = str(staff) if staff else ""


def change_address(edit: Edit) -> None:
    """Replace the receiver, if a new one is given. Raises GuardFailed for an undeliverable address."""
    fields = {column: column_text(column, edit.wanted[column]) for column in ADDRESS if column in edit.wanted}
    if not fields:
        return
    whole = {column: getattr(edit.order, column) for column in ADDRESS} | fields
    if failures := check_address(whole):
        raise GuardFailed(*failures)
    for column, value in fields.items():
        edit.set(column, value)
