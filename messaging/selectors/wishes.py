"""The kinds of notice a person may turn off."""

from typing import NamedTuple

from messaging.models import Audience, NotificationPreference, NotificationRule, Recipient, Trigger
from messaging.models.rules import ALWAYS_TOLD


class Kind(NamedTuple):
    """One kind of notice, and whether the person wants it; money is always told to customers."""

    trigger: str
    label: str
    wanted: bool
    fixed: bool


def kinds_for(wishes: NotificationPreference) -> list[Kind]:
    """What the shop's rules tell this sort of person at all."""
    customer = wishes.owner_kind == Recipient.CUSTOMER
    rules = NotificationRule.objects.filter(enabled=True)
    mine = rules.filter(audience=Audience.CUSTOMER) if customer else rules.exclude(audience=Audience.CUSTOMER)
    used = set(mine.values_list("trigger", flat=True))
    return [
        Kind(
            trigger.value,
            str(trigger.label),
            trigger.value not in wishes.muted,
            customer and trigger in ALWAYS_TOLD,
        )
        for trigger in Trigger
        if trigger.value in used
    ]
