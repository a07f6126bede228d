"""Order numbers such as XB-261123-0042: the date in the shop's time zone, then a count that may have gaps."""

from datetime import datetime

from django.db import connection
from django.utils import timezone

from orders.models.numbers import day_number

# Only the first order of a day waits for another one; a sequence never does.
BASE_SQL = """
INSERT INTO orders_numberday (day, base) VALUES (%s, nextval('orders_number_seq')) ON CONFLICT (day) DO NOTHING
"""
NEXT_SQL = "SELECT nextval('orders_number_seq') - base FROM orders_numberday WHERE day = %s"


def next_number(moment: datetime) -> str:
    """A number nobody else has, for an order placed at this moment."""
    day = timezone.localdate(moment)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM orders_numberday WHERE day = %s", [day])
        if cursor.fetchone() is None:
            cursor.execute(BASE_SQL, [day])
        cursor.execute(NEXT_SQL, [day])
        count = cursor.fetchone()[0]
    return day_number(day, count)
