"""A connection that stores many rows forgets the plans it made when there were few."""

from shopcomm.core.database.plan_ages import FIRST_ROWS, PlanAges


def test_plans_are_forgotten_ever_more_rarely_as_the_rows_double() -> None:
    plans = PlanAges()
    old = [count for count in range(1, FIRST_ROWS * 16) if plans.are_old(1)]
    assert old == [FIRST_ROWS, FIRST_ROWS * 2, FIRST_ROWS * 4, FIRST_ROWS * 8]


def test_many_rows_at_once_count_as_many() -> None:
    plans = PlanAges()
    assert [plans.are_old(FIRST_ROWS * 3) for _batch in range(3)] == [True, True, False]
