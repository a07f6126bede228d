from django.db import models
from django.utils.translation import gettext_lazy as _


class IdempotencyRecord(models.Model):
    """What a POST with an Idempotency-Key answered the first time. Written in the transaction of its work."""

    api_key = models.ForeignKey("accounts.ApiKey", models.CASCADE)
    key = models.CharField(max_length=255)
    # Of method, path and body: the same key for something else is refused.
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = _("幂等记录")
        verbose_name_plural = _("幂等记录")
        constraints = [models.UniqueConstraint(fields=["api_key", "key"], name="idempotency_once")]

    def __str__(self) -> str:
        return self.key
