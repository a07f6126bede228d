"""The change policy in force, with the cells that managers have set."""

from orders.models import ChangePolicy
from orders.policies.change_policy import DEFAULTS, Outcome, outcomes_for


def policy_in_force() -> dict[tuple[str, str], Outcome]:
    """The whole table as it is in force."""
    table = dict(DEFAULTS)
    for stage, part, outcome in ChangePolicy.objects.values_list("stage", "part", "outcome"):
        if outcome in outcomes_for(stage, part):
            table[stage, part] = Outcome(outcome)
    return table
