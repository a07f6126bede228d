"""A shop at 微信小店: its token, what is to be looked at there, and what it is to be told."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shopcomm.edge.integrations.models import Connection


class WeixinShop(models.Model):
    """What a connection to 微信小店 knows besides its credentials."""

    connection = models.OneToOneField(Connection, models.CASCADE, related_name="weixin_shop")
    # The access token, encrypted under SECRET_KEY; one process at a time fetches another one.
    sealed_token = models.TextField(blank=True, editable=False)
    token_until = models.DateTimeField(null=True, blank=True)
    pushed_at = models.DateTimeField(_("最近推送"), null=True, blank=True)
    pulled_at = models.DateTimeField(_("最近核对"), null=True, blank=True)
    # Nothing is called before this moment, and how often in a row that was necessary.
    rests_until = models.DateTimeField(null=True, blank=True)
    rests = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("微信小店")
        verbose_name_plural = _("微信小店")

    def __str__(self) -> str:
        return str(self.connection)


class WeixinDocument(models.Model):
    """An order or an after-sale of the shop as WeChat has it: when it is to be fetched, and what it said last."""

    class Kind(models.TextChoices):
        ORDER = "order", _("订单")
        AFTER_SALE = "after_sale", _("售后单")

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="weixin_documents")
    kind = models.CharField(max_length=12, choices=Kind)
    # Above 2^53: text, wherever it goes.
    external_id = models.CharField(_("外部单号"), max_length=64)
    # How often it was asked to be looked at, and which of these the last look has answered.
    wanted = models.PositiveIntegerField(default=1)
    fetched = models.PositiveIntegerField(default=0)
    # Looks that brought it; the version of what is said of it, as they come one after another.
    looks = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    failures = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(_("错误"), max_length=300, blank=True)
    # By part, what it said last: only what WeChat has changed since is a change.
    said = models.JSONField(default=dict)
    # Of an order, which goods there are which line here.
    goods = models.JSONField(default=list)
    # The address that the buyer asks for, as long as nobody has answered there.
    review = models.JSONField(default=dict)
    # What has come of it is to be followed here (an address asked for, a state of an after-sale).
    is_open = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("微信小店单据")
        verbose_name_plural = _("微信小店单据")
        constraints = [
            models.UniqueConstraint(fields=["connection", "kind", "external_id"], name="weixin_document_once")
        ]
        indexes = [
            # What is to be fetched.
            models.Index(
                fields=["connection", "due_at"],
                condition=models.Q(wanted__gt=models.F("fetched")),
                name="weixin_document_due",
            ),
            # What is to be followed.
            models.Index(
                fields=["connection"], condition=models.Q(is_open=True), name="weixin_document_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.external_id}"


class WeixinCall(models.Model):
    """Something that the shop at WeChat is to be told: once, as often as it takes."""

    class Kind(models.TextChoices):
        DELIVERY = "delivery", _("发货")
        ADDRESS_ACCEPT = "address_accept", _("同意改地址")
        ADDRESS_REJECT = "address_reject", _("拒绝改地址")
        ADDRESS = "address", _("修改地址")
        NOTE = "note", _("商家备注")
        AFTER_SALE_ACCEPT = "after_sale_accept", _("同意售后")
        AFTER_SALE_REJECT = "after_sale_reject", _("拒绝售后")

    class State(models.TextChoices):
        PENDING = "pending", _("等待发送")
        DONE = "done", _("已送达")
        FAILED = "failed", _("失败")
        # By now there is nothing to say any more.
        VOID = "void", _("不再需要")

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="weixin_calls")
    order = models.ForeignKey("orders.Order", models.CASCADE, related_name="+", verbose_name=_("订单"))
    external_id = models.CharField(_("外部单号"), max_length=64)
    kind = models.CharField(_("内容"), max_length=20, choices=Kind)
    # What it is about, such as a parcel: told of once, however often the log is read.
    key = models.CharField(max_length=120)
    data = models.JSONField(default=dict)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.PENDING)
    attempts = models.PositiveIntegerField(_("尝试次数"), default=0)
    due_at = models.DateTimeField(_("下次发送"), default=timezone.now)
    code = models.IntegerField(_("错误代码"), null=True, blank=True)
    error = models.CharField(_("错误"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("创建时间"), default=timezone.now)
    finished_at = models.DateTimeField(_("结束时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("告诉微信小店的")
        verbose_name_plural = _("告诉微信小店的")
        constraints = [models.UniqueConstraint(fields=["connection", "key"], name="weixin_call_once")]
        indexes = [
            # What is due, one after another for each order.
            models.Index(
                fields=["connection", "due_at"],
                condition=models.Q(state="pending"),
                name="weixin_call_due",
            ),
            # What went wrong last, for the page.
            models.Index(
                fields=["connection", "-id"], condition=models.Q(state="failed"), name="weixin_call_failed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.external_id}"
