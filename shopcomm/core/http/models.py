from django.db import models
from django.utils.translation import gettext_lazy as _


class IdempotencyRecord(models.Model):
    """What a POST with an Idempotency-Key answered the first time. Written in the transaction of its work."""

    api_key = models.ForeignKey("accounts.ApiKey", models.CASCADE)
    key = models.CharField(max_length=255)
    # Of method, path and body: the same key for something else is refused.
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    # JSON, encrypted: an answer may hold a customer's link.
    sealed = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = _("幂等记录")
        verbose_name_plural = _("幂等记录")
        constraints = [models.UniqueConstraint(fields=["api_key", "key"], name="idempotency_once")]

    def __str__(self) -> str:
        return self.key


class SentForm(models.Model):
    """A form that has made something: sent once more, it leads to the same. Written in the transaction of its work."""

    # Who sent it, and the key that their page was rendered with.
    owner = models.CharField(max_length=20)
    key = models.CharField(max_length=80)
    result = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = _("已提交的表单")
        verbose_name_plural = _("已提交的表单")
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="form_sent_once")]

    def __str__(self) -> str:
        return self.key
