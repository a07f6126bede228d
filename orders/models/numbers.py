from django.db import models


class NumberDay(models.Model):
    """Where a day's order numbers begin in the sequence `orders_number_seq`, so that nobody waits for anybody."""

    day = models.DateField(primary_key=True)
    base = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.day}"
