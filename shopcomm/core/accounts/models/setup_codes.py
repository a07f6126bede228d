from django.db import models


class SetupCode(models.Model):
    """The code that the first manager enters; printed where the shop was started. One row, and none once it was used."""

    # Keyed: whoever reads the database cannot use it.
    digest = models.CharField(max_length=64, editable=False)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_setup_code")]

    def __str__(self) -> str:
        return f"{self.made_at:%Y-%m-%d %H:%M}"
