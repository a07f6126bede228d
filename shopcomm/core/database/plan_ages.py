"""Plans that a connection keeps, its own and those of foreign keys: one made for a nearly empty table reads more of it with each row.

The database makes them anew when it has renewed its statistics, which may be a minute later.
"""

# Sooner, plans are as good as new.
FIRST_ROWS = 64
FORGET_PLANS = "DISCARD PLANS"


class PlanAges:
    """When a connection is to forget its plans: once it has stored so many rows, and whenever as many again."""

    def __init__(self) -> None:
        self._stored, self._old_at = 0, FIRST_ROWS

    def are_old(self, stored: int) -> bool:
        """Count rows that were stored; whether to forget the plans now (`FORGET_PLANS`)."""
        self._stored += stored
        if self._stored < self._old_at:
            return False
        self._old_at = 2 * self._stored
        return True
