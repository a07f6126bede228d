"""Who is told: people by kind and id, as a rule names them."""

from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Q

from messaging.models import Audience, NotificationRule, Recipient
from orders.models import Order
from shopcomm.core.accounts.models import Staff


class Person(NamedTuple):
    """A customer or a member of staff."""

    kind: str
    id: int


def these(people: Iterable[Person], prefix: str) -> Q:
    """The rows of these people, in columns such as `owner_kind` and `owner_id`. Nobody's for no people."""
    ids: dict[str, list[int]] = {}
    for person in people:
        ids.setdefault(person.kind, []).append(person.id)
    found = Q(pk=None)
    for kind, of_kind in ids.items():
        found |= Q(**{f"{prefix}_kind": kind, f"{prefix}_id__in": of_kind})
    return found


def recipients(
    rule: NotificationRule, order: Order | None, *, customer_id: int = 0, staff_id: int = 0
) -> list[Person]:
    """The people a rule tells of an order, or of a conversation without one."""
    customer_id = order.customer_id if order else customer_id
    assigned = (order.assigned_to_id if order else staff_id) or 0
    if rule.audience == Audience.CUSTOMER:
        return [Person(Recipient.CUSTOMER, customer_id)] if customer_id else []
    if rule.audience == Audience.PERSON:
        return [Person(Recipient.STAFF, rule.person_id or 0)]
    if rule.audience == Audience.ASSIGNED and assigned:
        return [Person(Recipient.STAFF, assigned)]
    # What nobody has taken yet concerns everybody in sales.
    role = "sales" if rule.audience == Audience.ASSIGNED else rule.role
    staff = Staff.objects.filter(role=role, is_active=True).order_by("pk")
    return [Person(Recipient.STAFF, pk) for pk in staff.values_list("pk", flat=True)]
