"""The state machine of a case as data: who may move it from where to where. Read by the services, walked by tests."""

from dataclasses import dataclass

from orders.models import AfterSalesCase
from orders.transitions import CUSTOMER, SELLERS, STOCKROOM
from shopcomm.core.accounts.actors import Actor

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
    actors: frozenset[str]


CASE_MOVES: dict[str, CaseMove] = {
    move.command: move
    for move in (
        CaseMove("approve", frozenset({State.APPLIED}), SELLERS),
        CaseMove("reject", frozenset({State.APPLIED, State.INSPECTING}), SELLERS),
        CaseMove("appeal", frozenset({State.REJECTED}), frozenset({CUSTOMER})),
        CaseMove("withdraw", frozenset({State.APPLIED, State.WAITING_RETURN}), SELLERS | {CUSTOMER}),
        CaseMove("send", frozenset({State.WAITING_RETURN, State.RETURN_IN_TRANSIT}), SELLERS | {CUSTOMER}),
        CaseMove("inspect", frozenset({State.WAITING_RETURN, State.RETURN_IN_TRANSIT}), STOCKROOM),
        CaseMove("conclude", frozenset({State.INSPECTING}), SELLERS),
    )
}


def may_decide(case: AfterSalesCase, actor: Actor) -> bool:
    """Whether a case is this seller's to decide: an appeal is not for whoever refused, unless a manager did."""
    if not case.appealed or "manager" in actor.roles:
        return True
    return actor.kind != "staff" or actor.id != case.refused_by_id
