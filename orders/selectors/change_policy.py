"""The table of what requests to change an order get, as managers have set it."""

from orders.models import ChangePolicy
from orders.policies.change_policy import DEFAULTS, Outcome, outcomes_for


def policy_in_force() -> dict[tuple[str, str], Outcome]:
    """The whole table as it is in force."""
    table = dict(DEFAULTS)
    for stage, part, outcome in ChangePolicy.objects.values_list("stage", "part", "outcome"):
        if outcome in outcomes_for(stage, part):
            table[stage, part] = Outcome(outcome)
    return table
