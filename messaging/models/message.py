from django.db import models
from django.utils.translation import gettext_lazy as _

from shopcomm.core.fields import LineField
from shopcomm.core.search.bigrams import bigram_index


class Sender(models.TextChoices):
    CUSTOMER = "customer", _("客户")
    STAFF = "staff", _("员工")
    SYSTEM = "system", _("系统")
    ASSISTANT = "assistant", _("智能助手")


class Message(models.Model):
    """One line of a conversation. Its place is `(conversation, seq)`; nothing is ever deleted."""

    class Kind(models.TextChoices):
        TEXT = "text", _("文字")
        IMAGE = "image", _("图片")
        FILE = "file", _("文件")
        CARD = "card", _("卡片")
        EVENT = "event", _("系统消息")

    # Looked for by `message_seq`, which begins with it.
    conversation = models.ForeignKey(
        "messaging.Conversation", models.PROTECT, db_index=False, related_name="messages"
    )
    seq = models.BigIntegerField()
    # The seq before this one that a customer may see.
    public_prev = models.BigIntegerField(default=0)
    kind = models.CharField(max_length=6, choices=Kind, default=Kind.TEXT)
    body = models.TextField(blank=True)
    sender_kind = models.CharField(max_length=10, choices=Sender)
    # 0 for the system, so that the unique key below holds for it too.
    sender_id = models.BigIntegerField(default=0)
    sender_name = LineField(max_length=120, blank=True)
    client_id = models.UUIDField()
    reply_to = models.BigIntegerField(null=True, blank=True)
    internal = models.BooleanField(default=False)
    # Thanks and the like of a customer's: nobody waits because of it.
    acknowledges = models.BooleanField(default=False, db_default=False)
    # For `event` and `card`: what it is about, for links and icons.
    data = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()
    recalled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("消息")
        verbose_name_plural = _("消息")
        constraints = [
            # Paging and catching up by seq; also what makes a gap or a double impossible to hide.
            models.UniqueConstraint(fields=["conversation", "seq"], name="message_seq"),
            models.UniqueConstraint(
                fields=["conversation", "sender_kind", "sender_id", "client_id"], name="message_client_id"
            ),
        ]
        indexes = [
            # Searching in all that was said.
            bigram_index("body", name="message_words"),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id}/{self.seq}"
