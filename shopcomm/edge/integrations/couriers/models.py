"""Accounts with tracking services, what they pushed, and the parcels that they follow."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shopcomm.core.fields import LineField


class CourierAccount(models.Model):
    """One tracking service and how it is spoken to."""

    class State(models.TextChoices):
        ACTIVE = "active", _("运行中")
        PAUSED = "paused", _("已停下")

    # The adapter's code, and the name under which the service pushes: `inbound/tracking/{slug}/`.
    adapter = models.CharField(_("方式"), max_length=20)
    slug = models.SlugField(_("地址里的名称"), max_length=40, unique=True)
    name = LineField(_("名称"), max_length=60)
    # `address`: another server of the service; `codes`: what its codes mean beside those that are known.
    configuration = models.JSONField(_("设置"), default=dict, blank=True)
    # JSON, encrypted under SECRET_KEY.
    sealed_credentials = models.TextField(blank=True, editable=False)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.ACTIVE)
    heard_at = models.DateTimeField(_("最近收到"), null=True, blank=True)
    # It did not answer, or asked to be left alone: nothing is asked of it until then.
    rests_until = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(_("最近的错误"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("建立时间"), default=timezone.now)

    class Meta:
        verbose_name = _("快递跟踪服务")
        verbose_name_plural = _("快递跟踪服务")

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:
        """Whether parcels are followed by it and pushes are taken."""
        return self.state == self.State.ACTIVE


class TrackedParcel(models.Model):
    """A parcel that a service follows: how it is, and when it is asked next."""

    class State(models.TextChoices):
        WAITING = "waiting", _("等待订阅")
        SUBSCRIBED = "subscribed", _("已订阅")
        # The service pushes nothing for it: it is asked from time to time.
        POLLED = "polled", _("定时查询")
        OVER = "over", _("已结束")

    account = models.ForeignKey(CourierAccount, models.CASCADE, related_name="parcels")
    shipment = models.OneToOneField("orders.Shipment", models.CASCADE, related_name="+")
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.WAITING)
    due_at = models.DateTimeField(_("下次处理"), default=timezone.now)
    claimed_until = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    heard_at = models.DateTimeField(_("最近收到"), null=True, blank=True)
    error = models.CharField(_("错误"), max_length=300, blank=True)
    # Why it is over.
    ended = models.CharField(_("结束原因"), max_length=60, blank=True)
    # The service thinks that another courier carries it.
    suggested_carrier = models.CharField(_("识别的承运商"), max_length=40, blank=True)
    # How many scans the demo's courier has made.
    steps = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(_("建立时间"), default=timezone.now)

    class Meta:
        verbose_name = _("跟踪的包裹")
        verbose_name_plural = _("跟踪的包裹")
        indexes = [
            # What is due of an account.
            models.Index(fields=["account", "due_at"], condition=~Q(state="over"), name="tracked_due"),
            # The page of an account, newest first.
            models.Index(fields=["account", "-id"], name="tracked_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.shipment_id}"


class TrackingPush(models.Model):
    """What a service pushed, stored as it came before anything is done about it."""

    class State(models.TextChoices):
        RECEIVED = "received", _("等待处理")
        APPLIED = "applied", _("已处理")
        # No parcel of ours has the number yet.
        UNMATCHED = "unmatched", _("没有这个包裹")
        # For a person: it cannot be read, or names a code that nobody knows.
        PARKED = "parked", _("看不懂，已搁置")
        DISMISSED = "dismissed", _("已忽略")

    account = models.ForeignKey(CourierAccount, models.CASCADE, related_name="pushes")
    # Of the body: the same again is the same push.
    digest = models.CharField(max_length=64)
    body = models.TextField(_("内容"))
    number = models.CharField(_("运单号"), max_length=60, blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.RECEIVED)
    reason = models.CharField(_("原因"), max_length=300, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField(_("收到时间"), default=timezone.now)
    settled_at = models.DateTimeField(_("处理时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("收到的物流推送")
        verbose_name_plural = _("收到的物流推送")
        constraints = [models.UniqueConstraint(fields=["account", "digest"], name="tracking_push_once")]
        indexes = [
            # What the worker asks for.
            models.Index(fields=["id"], condition=Q(state="received"), name="push_waiting"),
            # What a parcel that is there at last lets go.
            models.Index(fields=["number"], condition=Q(state="unmatched"), name="push_unmatched"),
            # What waits for a person.
            models.Index(fields=["received_at"], condition=Q(state="parked"), name="push_parked"),
            # The page of an account.
            models.Index(fields=["account", "-id"], name="push_newest"),
            # What goes by age.
            models.Index(fields=["settled_at"], condition=Q(settled_at__isnull=False), name="push_settled"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.digest[:8]}".strip()
