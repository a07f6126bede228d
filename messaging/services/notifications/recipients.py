"""Who is told: people by kind and id, as a rule names them."""

from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Q

from messaging.models import Audience, NotificationRule, RecipientKind
from orders.models import Order
from shopcomm.core.accounts.models import Staff


class Recipient(NamedTuple):
    """A customer or a member of staff."""

    kind: str
    id: int


def people_filter(people: Iterable[Recipient], prefix: str) -> Q:
    """The rows of these people, in columns such as `owner_kind` and `owner_id`. Nobody's for no people."""
    ids: dict[str, list[int]] = {}
    for person in people:
        ids.setdefault(person.kind, []).append(person.id)
    found = Q(pk=None)
    for kind, of_kind in ids.items():
        found |= Q(**{f"{prefix}_kind": kind, f"{prefix}_id__in": of_kind})
    return found


def find_recipients(
    rule: NotificationRule, order: Order | None, *, customer_id: int = 0, staff_id: int = 0
) -> list[Recipient]:
    """The people a rule tells of an order, or of a conversation without one.

    `customer_id` and `staff_id` are whose the conversation is, 0 for nobody's; an order knows its own. Returns nobody twice.
    """
    customer_id = order.customer_id if order else customer_id
    if rule.audience == Audience.CUSTOMER:
        return [Recipient(RecipientKind.CUSTOMER, customer_id)] if customer_id else []
    assigned = (order.assigned_to_id if order else staff_id) or 0
    return [Recipient(RecipientKind.STAFF, pk) for pk in _staff_told(rule, assigned)]


def _staff_told(rule: NotificationRule, assigned: int) -> list[int]:
    """Whoever is named and still works here; else their role, or sales; with nobody there, the managers.

    What nobody has taken yet, and what was somebody's who has left, concerns everybody in sales.
    """
    active = Staff.objects.filter(is_active=True).order_by("pk")
    named = {Audience.PERSON: rule.person_id, Audience.ASSIGNED: assigned}.get(Audience(rule.audience))
    role = rule.role if rule.audience == Audience.ROLE else "sales"
    for chosen in (Q(pk=named or 0), Q(role=role), Q(role="manager")):
        if found := list(active.filter(chosen).values_list("pk", flat=True)):
            return found
    return []
