"""Editing the change policy."""

from collections.abc import Mapping

from django.db import transaction

from orders.models import ChangePolicy
from orders.policies.change_policy import DEFAULTS, outcomes_for
from shopcomm.core.deadlocks import retry_on_deadlock


@retry_on_deadlock
@transaction.atomic
def set_policy(wanted: Mapping[tuple[str, str], str]) -> None:
    """Save cells of the table; default values are not stored, fixed cells stay as they are."""
    for (stage, part), outcome in wanted.items():
        if outcome not in outcomes_for(stage, part):
            continue
        if outcome == DEFAULTS[stage, part]:
            ChangePolicy.objects.filter(stage=stage, part=part).delete()
        else:
            ChangePolicy.objects.update_or_create(stage=stage, part=part, defaults={"outcome": outcome})
