"""Events with their unmasked contact data, for those who may see it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from orders.events import ChangeRequested, FieldsEvent
from orders.models import ContactChange
from orders.policies.change_commands import whole_command
from shopcomm.core.events.facts import readable_fact
from shopcomm.core.events.kinds import Event
from shopcomm.core.events.models import DomainEvent


def unmasked_fact(event: DomainEvent) -> Event:
    """The event with full phones and streets."""
    return unmasked_facts([event])[event.pk]


def unmasked_facts(
    happened: Iterable[DomainEvent], kept: Mapping[int, ContactChange] | None = None
) -> dict[int, Event]:
    """The same of many events at once, by their ids. `kept`: all that is kept of them, where it has been read already."""
    facts = {event.pk: readable_fact(event) for event in happened}
    named = [fact.contact_id for fact in facts.values() if isinstance(fact, FieldsEvent) and fact.contact_id]
    if kept is None:
        kept = ContactChange.objects.in_bulk(named) if named else {}
    return {pk: _with(fact, kept) for pk, fact in facts.items()}


def _with(fact: Event, kept: Mapping[int, ContactChange]) -> Event:
    """A fact with what is kept beside the log put back into it."""
    row = kept.get(fact.contact_id or 0) if isinstance(fact, FieldsEvent) else None
    if row is None or not isinstance(fact, FieldsEvent):
        return fact
    fact = replace(fact, before=fact.before | row.before, after=fact.after | row.after)
    if isinstance(fact, ChangeRequested):
        fact = replace(fact, command=whole_command(fact.command, row.asked))
    return fact


def whole_commands(
    happened: Sequence[DomainEvent], may: Callable[[str], bool]
) -> dict[int, dict[str, dict[str, Any]]]:
    """The commands among some events with the phone and street they ask for, for whoever may answer them."""
    asked = [event for event in happened if event.type == ChangeRequested.type]
    if not asked or not may("changes.answer_outside"):
        return {}
    facts = unmasked_facts(asked).items()
    return {pk: {"command": fact.command} for pk, fact in facts if isinstance(fact, ChangeRequested)}
