"""The kinds of notice a person may turn off."""

from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from messaging.models import Audience, NotificationPreference, NotificationRule, RecipientKind, Trigger
from messaging.policies.notifications.triggers import ALWAYS_TOLD, DEBTS, trigger_names

GROUPS = {
    "order": _("订单"),
    "delivery": _("配货和物流"),
    "changes": _("修改订单"),
    "service": _("退换货"),
    "money": _("付款和退款"),
    "stock": _("到货"),
}
_MEMBERS = {
    "delivery": {
        Trigger.PICKING,
        Trigger.PARCEL_SHIPPED,
        Trigger.SHIPPED,
        Trigger.TRACKING,
        Trigger.DELIVERED,
        Trigger.PARCEL_RETURNED,
    },
    "changes": {
        Trigger.CHANGED,
        Trigger.CHANGE_FOR_CUSTOMER,
        Trigger.CHANGE_ACCEPTED,
        Trigger.CHANGE_REJECTED,
        Trigger.CONSENT_REFUSED,
        Trigger.URGED,
    },
    "service": {Trigger.AFTER_SALES, Trigger.RETURN_ON_ITS_WAY},
    "money": ALWAYS_TOLD
    | DEBTS
    | {
        Trigger.UNPAID,
        Trigger.MONEY_TO_RETURN,
        Trigger.PART_REFUNDED,
        Trigger.REFUND_REQUESTED,
        Trigger.CANCELLED_REFUNDING,
        Trigger.REFUND_REJECTED,
    },
    "stock": {Trigger.BACK_IN_STOCK},
}
GROUP_OF: dict[str, str] = {trigger.value: key for key, triggers in _MEMBERS.items() for trigger in triggers}


class Kind(NamedTuple):
    """One kind of notice, and whether the person wants it; money is always told to customers."""

    trigger: str
    label: str
    wanted: bool
    fixed: bool


def notice_kinds_for(wishes: NotificationPreference) -> list[Kind]:
    """What the shop's rules tell this sort of person at all."""
    customer = wishes.owner_kind == RecipientKind.CUSTOMER
    rules = NotificationRule.objects.filter(enabled=True)
    mine = rules.filter(audience=Audience.CUSTOMER) if customer else rules.exclude(audience=Audience.CUSTOMER)
    used = set(mine.values_list("trigger", flat=True))
    return [
        Kind(trigger, str(label), trigger not in wishes.muted, customer and trigger in ALWAYS_TOLD)
        for trigger, label in trigger_names().items()
        if trigger in used
    ]


class Group(NamedTuple):
    """Kinds that belong together, under one switch; `is_fixed` when none of them can be turned off."""

    key: str
    label: str
    kinds: list[Kind]

    @property
    def is_fixed(self) -> bool:
        return all(kind.fixed for kind in self.kinds)

    @property
    def is_on(self) -> bool:
        return any(kind.wanted or kind.fixed for kind in self.kinds if self.is_fixed or not kind.fixed)


def notice_groups_for(wishes: NotificationPreference) -> list[Group]:
    """The kinds of a person by what they are about; what belongs to none is about the order itself."""
    by_group: dict[str, list[Kind]] = {}
    for kind in notice_kinds_for(wishes):
        by_group.setdefault(GROUP_OF.get(kind.trigger, "order"), []).append(kind)
    return [Group(key, str(label), by_group[key]) for key, label in GROUPS.items() if key in by_group]
