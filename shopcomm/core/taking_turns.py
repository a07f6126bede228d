"""Work that may come in thousands at once, done so that all other tasks of the workers have their turn meanwhile."""

from collections.abc import Callable, Sequence
from time import monotonic

from shopcomm.core.database.named_locks import held_across_transactions
from shopcomm.core.deadlocks import Row, sweep_each

# So long one turn lasts at most, and the batch that is under way then.
TURN_SECONDS = 2.0


def sweep_in_turns(
    waiting: Callable[[], Sequence[Row]], work: Callable[[Row], int], *, what: str, again: Callable[[], None]
) -> int:
    """Do a sweep's work with one batch of waiting rows after another; in one process of all at a time.

    When its turn is over, `again` asks for another one, behind what others have asked for. A batch of which none went is
    in other hands, and ends the turn. `what` names the rows, for the lock and in the log. Returns the sum of what the work returned.
    """
    done, until, went = 0, monotonic() + TURN_SECONDS, 1
    # Whoever was turned away while the lock was held may have left something: looked for once it is free.
    while went and waiting():
        with held_across_transactions(f"sweep: {what}") as is_mine:
            went = 0
            while is_mine and (rows := waiting()):
                went = sweep_each(rows, work, what=what)
                done += went
                if not went:
                    break
                if monotonic() > until:
                    again()
                    return done
    return done
