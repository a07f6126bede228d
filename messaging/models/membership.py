from django.db import models
from django.utils.translation import gettext_lazy as _


class Side(models.TextChoices):
    """Whom somebody speaks for in a conversation."""

    CUSTOMER = "customer", _("客户")
    SHOP = "shop", _("商家")


class Membership(models.Model):
    """How far somebody has read one conversation.

    It is made when they first read something. What waits for them is the conversation's number less what they have read
    (messaging/selectors/unread.py); who has no row has read nothing.
    """

    conversation = models.ForeignKey("messaging.Conversation", models.CASCADE, related_name="memberships")
    # `customer` or `staff`, and whose id that is; 0 for integrations.
    member_kind = models.CharField(max_length=10)
    member_id = models.BigIntegerField()
    side = models.CharField(max_length=10, choices=Side)
    read_seq = models.BigIntegerField(default=0)
    read_at = models.DateTimeField(null=True, blank=True)
    # How many messages up to `read_seq` counted for this side. A new message does not change it: none writes a member's row.
    read_total = models.IntegerField(default=0, db_default=0)
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
            # What one person has read.
            models.Index(fields=["member_kind", "member_id", "conversation"], name="membership_by_member")
        ]

    def __str__(self) -> str:
        return f"{self.member_kind} {self.member_id}: {self.read_seq}"
