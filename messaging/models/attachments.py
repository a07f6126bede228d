import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from shopcomm.core.fields import LineField


class Attachment(models.Model):
    """A file somebody uploaded, checked by content, shown only to those who may see its conversation."""

    class Kind(models.TextChoices):
        IMAGE = "image", _("图片")
        FILE = "file", _("文件")

    class State(models.TextChoices):
        READY = "ready", _("可以查看")
        # A picture as it came, which nobody is shown: the copy that is shown is still to be drawn.
        PENDING = "pending", _("正在处理")
        # No picture came of it; it is kept as a plain file.
        FAILED = "failed", _("无法显示")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Null until it is sent; until then only its uploader may see or send it.
    message = models.ForeignKey(
        "messaging.Message", models.PROTECT, null=True, blank=True, related_name="attachments"
    )
    uploader_kind = models.CharField(max_length=10)
    uploader_id = models.BigIntegerField(default=0)
    kind = models.CharField(max_length=6, choices=Kind)
    mime = models.CharField(max_length=120)
    name = LineField(_("文件名"), max_length=200)
    size = models.PositiveBigIntegerField(_("字节"))
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    file = models.FileField(upload_to="attachments/%Y/%m/")
    state = models.CharField(max_length=7, choices=State, default=State.READY, db_default=State.READY)
    # Of a pending picture: how often its drawing was begun, and until when somebody is at it.
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    claimed_until = models.DateTimeField(null=True, blank=True)
    thumbnail = models.FileField(upload_to="thumbnails/%Y/%m/", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("附件")
        verbose_name_plural = _("附件")
        indexes = [
            models.Index(
                fields=["uploader_kind", "uploader_id"],
                condition=models.Q(message=None),
                name="attachment_unsent",
            ),
            models.Index(
                fields=["created_at"], condition=models.Q(state="pending"), name="attachment_pending"
            ),
        ]

    def __str__(self) -> str:
        return self.name
