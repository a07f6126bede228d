from django.db import models
from django.utils.translation import gettext_lazy as _

from shopcomm.core.accounts.models import ApiKey
from shopcomm.edge.integrations.keys import events  # noqa: F401  (declares their kind)

LONGEST_PATH = 200


class KeyCall(models.Model):
    """One call of the API with a key: what was asked, and how it was answered. Never what was said."""

    # No constraint: what a process wrote down is kept whatever became of the key, and many go in at once.
    key = models.ForeignKey(ApiKey, models.CASCADE, related_name="calls", db_constraint=False, db_index=False)
    at = models.DateTimeField()
    method = models.CharField(max_length=10)
    path = models.CharField(max_length=LONGEST_PATH)
    status = models.PositiveSmallIntegerField()
    duration_ms = models.PositiveIntegerField()
    address = models.GenericIPAddressField(null=True)

    class Meta:
        verbose_name = _("接口调用")
        verbose_name_plural = _("接口调用")
        indexes = [
            # The page of a key, newest first; and those that went wrong, which are few among many.
            models.Index(fields=["key", "-id"], name="key_call_newest"),
            models.Index(fields=["key", "-id"], name="key_call_refused", condition=models.Q(status__gte=400)),
            # What goes by age.
            models.Index(fields=["at"], name="key_call_at"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status}"
