"""Order numbers such as XB-261123-0042: the date in the shop's time zone, then a count that may have gaps."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection
from django.utils import timezone

from orders.models.numbers import day_number

# Only the first order of a day waits for another one; a sequence never does.
BASE_SQL = """
INSERT INTO orders_numberday (day, base)
SELECT day, nextval('orders_number_seq') FROM unnest(%s::date[]) AS day ORDER BY day ON CONFLICT (day) DO NOTHING
"""
NEXT_SQL = """
SELECT nextval('orders_number_seq') - base FROM (
    SELECT base FROM unnest(%s::date[]) WITH ORDINALITY AS wanted (day, place)
    JOIN orders_numberday USING (day) ORDER BY place
) AS bases
"""


def next_number(moment: datetime) -> str:
    """A number nobody else has, for an order placed at this moment."""
    return next_numbers([moment])[0]


def next_numbers(moments: Sequence[datetime]) -> list[str]:
    """Numbers nobody else has, for orders placed at these moments, in their order."""
    days = [timezone.localdate(moment) for moment in moments]
    if not days:
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT day FROM orders_numberday WHERE day = ANY(%s)", [days])
        if new := set(days) - {day for (day,) in cursor.fetchall()}:
            cursor.execute(BASE_SQL, [list(new)])
        cursor.execute(NEXT_SQL, [days])
        return [day_number(day, count) for day, (count,) in zip(days, cursor.fetchall(), strict=True)]
