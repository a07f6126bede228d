from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _

from shopcomm.core.fields import LineField
from shopcomm.core.search.bigrams import bigram_index

if TYPE_CHECKING:
    from shopcomm.core.accounts.models import Customer


class Conversation(models.Model):
    """A conversation about one order, with one customer without an order (询价), or among colleagues."""

    class Kind(models.TextChoices):
        ORDER = "order", _("订单")
        CUSTOMER = "customer", _("询价")
        TEAM = "team", _("内部")

    class State(models.TextChoices):
        OPEN = "open", _("进行中")
        SNOOZED = "snoozed", _("稍后处理")
        CLOSED = "closed", _("已结束")

    kind = models.CharField(
        _("种类"), max_length=10, choices=Kind, default=Kind.CUSTOMER, db_default=Kind.CUSTOMER
    )
    # Whoever of the two sides speaks opens it again, in the statement that writes what they say.
    state = models.CharField(
        _("状态"), max_length=10, choices=State, default=State.OPEN, db_default=State.OPEN
    )
    snoozed_until = models.DateTimeField(null=True, blank=True, editable=False)
    # Null: a talk among colleagues. Looked for by `conversation_by_customer`.
    customer = models.ForeignKey(
        "accounts.Customer",
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="conversations",
        verbose_name=_("客户"),
    )
    # Null: of no order, or not yet.
    order = models.OneToOneField(
        "orders.Order",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="conversation",
        verbose_name=_("订单"),
    )
    # Of an order's conversation always whoever the order is assigned to (`hooks.order_assigned_hooks` keeps it so).
    assigned_to = models.ForeignKey(
        "accounts.Staff",
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="conversations",
        verbose_name=_("负责人"),
    )
    # The one in which a customer asks about anything but an order.
    general = models.BooleanField(default=False, editable=False)
    subject = LineField(_("主题"), max_length=120, blank=True)
    # The last sequence number given; bumped in the statement that inserts the message.
    last_seq = models.BigIntegerField(default=0, editable=False)
    # The last one a customer may see: what the next public message calls `prev`.
    last_public_seq = models.BigIntegerField(default=0, editable=False)
    last_message_at = models.DateTimeField(_("最近消息"), null=True, blank=True)
    # The last message by the customer and by the shop: unread and "waiting for an answer".
    last_customer_seq = models.BigIntegerField(default=0, editable=False)
    last_shop_seq = models.BigIntegerField(default=0, editable=False)
    # How many messages wait for somebody who has read nothing here: of the shop, and the customer.
    shop_unread = models.IntegerField(default=0, db_default=0, editable=False)
    customer_unread = models.IntegerField(default=0, db_default=0, editable=False)
    # When somebody of the shop ended the talk last, and at which number: what came up to there waits for nobody.
    closed_at = models.DateTimeField(_("结束时间"), null=True, blank=True, editable=False)
    closed_seq = models.BigIntegerField(default=0, db_default=0, editable=False)
    # How many messages up to `closed_seq` counted for the shop: no longer in `shop_unread`.
    closed_total = models.IntegerField(default=0, db_default=0, editable=False)
    # The shop's date on which the customer was last told that nobody is there.
    away_told_on = models.DateField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("建立时间"), auto_now_add=True)

    class Meta:
        verbose_name = _("会话")
        verbose_name_plural = _("会话")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="order", order__isnull=False, customer__isnull=False)
                | models.Q(kind="customer", order=None, customer__isnull=False)
                | models.Q(kind="team", order=None, customer=None),
                name="conversation_parties",
            ),
            models.CheckConstraint(
                condition=models.Q(state="snoozed", snoozed_until__isnull=False)
                | (~models.Q(state="snoozed") & models.Q(snoozed_until=None)),
                name="conversation_snoozed_until",
            ),
            # Once it has become an order's, the customer's next question opens another.
            models.UniqueConstraint(
                fields=["customer"],
                condition=models.Q(general=True, order=None),
                name="conversation_general_once",
            ),
        ]
        indexes = [
            # The inbox, newest first: the bands and folders of its list (selectors/inbox.py).
            models.Index(
                fields=["-last_message_at", "-id"],
                condition=~models.Q(state="closed"),
                name="conversation_open",
            ),
            models.Index(
                fields=["-last_message_at", "-id"],
                condition=models.Q(state="closed"),
                name="conversation_closed",
            ),
            models.Index(
                fields=["-last_message_at", "-id"],
                condition=models.Q(shop_unread__gt=0),
                name="conversation_unread",
            ),
            models.Index(
                fields=["-last_message_at", "-id"],
                condition=models.Q(kind="customer"),
                name="conversation_enquiries",
            ),
            models.Index(fields=["assigned_to", "-last_message_at", "-id"], name="conversation_by_staff"),
            models.Index(fields=["customer", "-last_message_at"], name="conversation_by_customer"),
            # The timer for "no answer for N" and the away notice.
            models.Index(
                fields=["last_message_at"],
                condition=models.Q(last_customer_seq__gt=models.F("last_shop_seq")),
                name="conversation_unanswered",
            ),
            # The inbox's search in what enquiries are about.
            bigram_index("subject", name="conversation_subject_words", condition=~models.Q(subject="")),
        ]

    def __str__(self) -> str:
        return self.subject or f"#{self.pk}"

    @property
    def answered_seq(self) -> int:
        """Messages up to here wait for nobody: the shop has answered after them, or closed the conversation."""
        return max(self.last_shop_seq, self.closed_seq)

    @property
    def is_closed(self) -> bool:
        """Whether the conversation is closed, and nobody has written since."""
        return self.state == self.State.CLOSED

    @property
    def with_customer(self) -> "Customer":
        """The customer of this conversation. Raises LookupError for one among colleagues."""
        if self.customer is None:
            raise LookupError(f"conversation {self.pk} is with no customer")
        return self.customer
