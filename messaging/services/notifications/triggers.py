"""Which notices an event triggers: its kind says so."""

from shopcomm.core.events.kinds import all_kinds
from shopcomm.core.events.models import DomainEvent


def triggers_of(event: DomainEvent) -> tuple[str, ...]:
    """Every notice that an event triggers: what happened first, then what it left to be paid or to be returned."""
    return event.fact.triggered(event.actor_kind)


def types_for(trigger: str) -> set[str]:
    """The types of event that may trigger a notice; which of them do, `triggers_of` says."""
    return {kind.type for kind in all_kinds() if trigger in kind.notices}
