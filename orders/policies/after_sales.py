"""The state machine of a case as data: who may move it from where to where. Read by the services, walked by tests."""

from dataclasses import dataclass

from orders.models import AfterSalesCase
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.rights import people_who_may

State, Kind = AfterSalesCase.State, AfterSalesCase.Kind

# Nobody has to do anything about these any more.
CLOSED = frozenset({State.RESOLVED, State.REJECTED, State.WITHDRAWN})
OPEN = frozenset(State) - CLOSED
# The shop has to answer a case in these.
SHOPS_TURN = frozenset({State.APPLIED, State.INSPECTING})


@dataclass(frozen=True)
class CaseMove:
    """One row of the table."""

    command: str
    from_: frozenset[AfterSalesCase.State]

    @property
    def right(self) -> str:
        """What `actor.may` is asked before this move."""
        return f"after_sales.{self.command}"

    @property
    def actors(self) -> frozenset[str]:
        """The people who may, for a refusal to name."""
        return people_who_may(self.right)


CASE_MOVES: dict[str, CaseMove] = {
    move.command: move
    for move in (
        CaseMove("approve", frozenset({State.APPLIED})),
        CaseMove("reject", frozenset({State.APPLIED, State.INSPECTING})),
        CaseMove("appeal", frozenset({State.REJECTED})),
        CaseMove("withdraw", frozenset({State.APPLIED, State.WAITING_RETURN})),
        CaseMove("send", frozenset({State.WAITING_RETURN, State.RETURN_IN_TRANSIT})),
        CaseMove("inspect", frozenset({State.WAITING_RETURN, State.RETURN_IN_TRANSIT})),
        CaseMove("conclude", frozenset({State.INSPECTING})),
    )
}


def may_decide(case: AfterSalesCase, actor: Actor) -> bool:
    """Whether a case is this seller's to decide: an appeal is not for whoever refused, unless a manager did."""
    if not case.appealed or actor.may("after_sales.decide_own_appeal"):
        return True
    return actor.staff_id is None or actor.staff_id != case.refused_by_id
