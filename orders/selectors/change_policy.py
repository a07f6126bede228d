"""The change policy in force, with the cells that managers have set."""

from functools import cache

from orders.models import ChangePolicy
from orders.policies.change_policy import DEFAULTS, Outcome, outcomes_for
from shopcomm.core.database.together import PreparedRows, read_together


def policy_in_force() -> dict[tuple[str, str], Outcome]:
    """The whole table as it is in force."""
    table = dict(DEFAULTS)
    (cells,) = read_together(_cells().given())
    for cell in cells:
        if cell.outcome in outcomes_for(cell.stage, cell.part):
            table[cell.stage, cell.part] = Outcome(cell.outcome)
    return table


@cache
def _cells() -> PreparedRows[ChangePolicy]:
    return PreparedRows(ChangePolicy.objects.all())
