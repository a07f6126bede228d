from django.db import models
from django.utils.translation import gettext_lazy as _


class Side(models.TextChoices):
    """Whom somebody speaks for in a conversation."""

    CUSTOMER = "customer", _("客户")
    SHOP = "shop", _("商家")


class Membership(models.Model):
    """How far somebody has read one conversation, and how much of what the other side said waits.

    It is made when they first read something. Who has none has read nothing: for them `Conversation.shop_unread` or
    `customer_unread` counts (messaging/selectors/unread.py).
    """

    conversation = models.ForeignKey("messaging.Conversation", models.CASCADE, related_name="memberships")
    # `customer` or `staff`, and whose id that is; 0 for integrations.
    member_kind = models.CharField(max_length=10)
    member_id = models.BigIntegerField()
    side = models.CharField(max_length=10, choices=Side)
    read_seq = models.BigIntegerField(default=0)
    read_at = models.DateTimeField(null=True, blank=True)
    # Kept by the statement that writes messages, and by whatever reads, takes back or ends.
    unread = models.IntegerField(default=0, db_default=0)
    # A column of its own so that the index holds what changes seldom: counting one more rewrites no index.
    has_unread = models.GeneratedField(
        expression=models.Q(unread__gt=0),  # type: ignore[arg-type]  # the stubs do not know that a Q is one
        output_field=models.BooleanField(),
        db_persist=True,
    )
    # What waits here is left out of the number on the badge.
    muted = models.BooleanField(default=False, db_default=False)

    class Meta:
        verbose_name = _("会话成员")
        verbose_name_plural = _("会话成员")
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "member_kind", "member_id"], name="membership_once"
            )
        ]
        indexes = [
            # What one person has read, and what waits for them.
            models.Index(
                fields=["member_kind", "member_id", "has_unread", "conversation"], name="membership_by_member"
            )
        ]

    def __str__(self) -> str:
        return f"{self.member_kind} {self.member_id}: {self.read_seq}"
