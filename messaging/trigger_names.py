"""How the notices are called that a rule may be for: those known here, and those that a kind of fact has added."""

from django.utils.functional import Promise

from messaging.models import Trigger
from shopcomm.core.events.kinds import all_kinds

Names = dict[str, str | Promise]


def trigger_names() -> Names:
    """Every notice by its name, as managers read it, in the order in which a form offers them."""
    known: Names = {trigger.value: trigger.label for trigger in Trigger}
    added: Names = {name: kind.label or kind.type for kind in all_kinds() for name in kind.notices}
    return known | {name: label for name, label in added.items() if name not in known}


def trigger_label(trigger: str) -> str:
    """What a rule waits for, in words; one that is not known any more, as it is stored."""
    return str(trigger_names().get(trigger, trigger))
