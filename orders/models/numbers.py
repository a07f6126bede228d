from datetime import date

from django.db import models

# What every order number begins with; people leave it out.
LETTERS = "XB-"


def day_number(day: date, count: int) -> str:
    """The order number of a day's `count`-th order."""
    return f"{LETTERS}{day:%y%m%d}-{count:04d}"


class NumberDay(models.Model):
    """Where a day's order numbers begin in the sequence `orders_number_seq`, so that nobody waits for anybody."""

    day = models.DateField(primary_key=True)
    base = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.day}"
