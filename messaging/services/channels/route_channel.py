"""After a notice is told in the product: which channel outside of it comes first."""

from collections.abc import Iterable
from typing import Any

from messaging.models import Channel, Delivery, Notification, NotificationPreference
from messaging.services.channels import CHANNELS
from messaging.services.notifications.recipients import Recipient
from shopcomm.core.after_commit import call_after_commit
from shopcomm.core.events.wake import wake_task


def route_notices(batch: Any, told: Iterable[Notification]) -> None:
    """Give each notice to the first channel of its rule that reaches the person; the rest are for when it fails."""
    told = list(told)
    wanted = {channel for row in told for channel in batch.rules[row.rule_id].channels if channel in CHANNELS}
    people = {batch.person(row) for row in told}
    reachable = {channel: set(CHANNELS[channel].addresses_of(people)) for channel in wanted}
    deliveries = []
    for row in told:
        ways = usable_channels(batch.person(row), batch.rules[row.rule_id].channels, reachable)
        if ways and wants_channels(batch.preferences.get(batch.person(row)), row):
            deliveries.append(new_delivery(row, ways, batch.now))
    Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)
    if deliveries:
        call_after_commit(wake_deliveries)


def route_notice(row: Notification, channels: list[str], person: Recipient) -> None:
    """Give one notice to the first of these channels that reaches the person."""
    known = [channel for channel in channels if channel in CHANNELS]
    ways = usable_channels(
        person, known, {channel: set(CHANNELS[channel].addresses_of([person])) for channel in known}
    )
    if ways:
        new_delivery(row, ways, row.send_at).save()
        call_after_commit(wake_deliveries)


def wake_deliveries() -> None:
    """Have a worker try the channels now. What is lost on the way comes again by the clock."""
    wake_task("notifications.deliver")


def usable_channels(
    person: Recipient, channels: list[str], reachable: dict[str, set[Recipient]]
) -> list[str]:
    """The channels of a rule that reach a person, in order."""
    return [channel for channel in channels if person in reachable.get(channel, ())]


def new_delivery(row: Notification, ways: list[str], due_at: Any) -> Delivery:
    """A notice's way through the first of these channels, not stored yet."""
    once = f"bot:{row.rule_id}:{row.cause}" if ways[0] == Channel.BOT else None
    return Delivery(notification=row, channel=ways[0], fallback=ways[1:], due_at=due_at, once=once)


def wants_channels(wish: NotificationPreference | None, row: Notification) -> bool:
    """Money is always told in the conversation; whether the phone rings for it is the person's own choice."""
    return not (wish and row.trigger in wish.muted)
