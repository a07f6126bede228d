from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import time
from functools import cache

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from shopcomm.core.database.together import PreparedRows, read_together
from shopcomm.core.fields import LineField
from shopcomm.core.phones import LONGEST as PHONE_LENGTH


class PartPaid(models.TextChoices):
    """What happens to a part-paid order after its payment deadline."""

    ASK = "ask", _("留给经理决定")
    RETURN = "return", _("自动关闭，定金退还")
    KEEP = "keep", _("自动关闭，定金不退")


class ShopSettings(models.Model):
    """What the manager sets for the whole shop. One row."""

    # Stands where customers look until a manager has said how the shop is called: “本店 · 自动通知”.
    shop_name = LineField(_("店名"), max_length=60, default="本店")
    logo = models.ImageField(_("店标"), upload_to="shop/", blank=True)
    # Drawn from the sign, for the customers' pages as an app on a phone.
    icon_192 = models.FileField(upload_to="shop/", blank=True, editable=False)
    icon_512 = models.FileField(upload_to="shop/", blank=True, editable=False)
    phone = LineField(_("电话"), max_length=PHONE_LENGTH, blank=True, help_text=_("客户页面上可以直接拨打"))
    # How a customer pays this shop; shown beside what is due.
    pay_text = models.TextField(
        _("收款方式"),
        max_length=500,
        blank=True,
        help_text=_("账号、户名、开户行等，一行一个；客户在待付款的订单上看到"),
    )
    pay_code = models.ImageField(
        _("收款码"),
        upload_to="shop/",
        blank=True,
        help_text=_("微信或支付宝收款码的图片；客户在待付款的订单上看到"),
    )
    return_receiver = LineField(_("退货收件人"), max_length=60, blank=True)
    return_phone = LineField(_("退货电话"), max_length=PHONE_LENGTH, blank=True)
    return_address = LineField(
        _("退货地址"), max_length=200, blank=True, help_text=_("同意退货后告诉客户寄到哪里")
    )
    # Codes of the couriers this shop sends with, offered first; none: every courier in the usual order.
    couriers = models.JSONField(_("常用快递"), default=list, blank=True, editable=False)
    sales_see_all = models.BooleanField(_("销售可查看全部订单"), default=False)
    pay_within_minutes = models.PositiveIntegerField(_("付款时限（分钟）"), default=1440)
    credit_days = models.PositiveIntegerField(
        _("挂账付款期（天）"),
        null=True,
        blank=True,
        default=30,
        validators=[MaxValueValidator(3650)],
        help_text=_("客户没有单独约定时用；留空表示不设到期日"),
    )
    ship_with_balance = models.BooleanField(
        _("还有待付差额也可以发货"),
        default=True,
        help_text=_("关闭后，改单产生的差额付清才能发货；挂账的订单不受影响，经理写明原因也可以发"),
    )
    part_paid_orders = models.CharField(
        _("付了定金、到期没付清的订单"),
        max_length=8,
        choices=PartPaid,
        default=PartPaid.ASK,
        help_text=_("到期指超过付款时限"),
    )
    recall_within_seconds = models.PositiveIntegerField(_("消息撤回时限（秒）"), default=120)
    complete_after_days = models.PositiveIntegerField(_("签收后自动完成（天）"), default=7)
    return_within_days = models.PositiveIntegerField(
        _("退货寄出期限（天）"), default=7, help_text=_("同意退货后告诉客户最晚哪天寄出；到期没寄会提醒处理")
    )
    after_sales_days = models.PositiveIntegerField(_("售后期（天）"), default=15)
    low_stock_threshold = models.PositiveIntegerField(_("默认库存预警线"), default=10)
    use_public_holidays = models.BooleanField(
        _("自动采用国家法定节假日和调休"), default=True, help_text=_("下面的“特殊日期”优先")
    )
    customer_daily_budget = models.PositiveIntegerField(
        _("每位客户每天最多通知（条）"),
        default=6,
        validators=[MinValueValidator(1)],
        help_text=_(
            "所有规则共用；发货、签收、款项和对客户申请的答复不受限制。超出的推迟，同一会话的合并成一条，不会丢失"
        ),
    )
    away_notice = models.BooleanField(_("非工作时间自动回复"), default=True)
    away_text = models.CharField(
        _("自动回复内容"),
        max_length=300,
        blank=True,
        help_text=_("留空用默认内容；可以写 {{营业时间}}"),
    )
    dispatch_by = models.TimeField(
        _("截单时间"),
        null=True,
        blank=True,
        default=time(18),
        db_default=time(18),
        help_text=_("此前付款的订单当天发货，仓库看板按它倒计时；留空表示不设"),
    )
    change_answer_minutes = models.PositiveIntegerField(
        _("修改申请答复时限（分钟）"), default=15, help_text=_("按营业时间计；超时上报经理，不会自动接受")
    )
    customer_changes_per_order = models.PositiveIntegerField(_("客户每单自助修改次数"), default=5)
    urge_again_hours = models.PositiveIntegerField(
        _("催单间隔（小时）"), default=4, help_text=_("期间再催只计次数，并告诉客户进度")
    )

    class Meta:
        verbose_name = _("店铺设置")
        verbose_name_plural = _("店铺设置")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_shop")]

    def __str__(self) -> str:
        return self.shop_name

    @property
    def dial(self) -> str:
        """The first of the shop's numbers, for a link that calls."""
        return self.phone.partition("/")[0].strip()

    @property
    def return_to(self) -> str:
        """Where goods are sent back to, as it stands on a parcel; empty until a manager has said where."""
        if not self.return_address:
            return ""
        parts = (self.return_receiver or self.shop_name, self.return_phone or self.phone, self.return_address)
        return " ".join(filter(None, parts))


class WorkingInterval(models.Model):
    """One stretch of a weekday in which the shop works; a lunch break is the gap between two."""

    class Weekday(models.IntegerChoices):
        MONDAY = 0, _("周一")
        TUESDAY = 1, _("周二")
        WEDNESDAY = 2, _("周三")
        THURSDAY = 3, _("周四")
        FRIDAY = 4, _("周五")
        SATURDAY = 5, _("周六")
        SUNDAY = 6, _("周日")

    weekday = models.PositiveSmallIntegerField(_("星期"), choices=Weekday)
    opens = models.TimeField(_("开始"))
    closes = models.TimeField(_("结束"), help_text=_("不晚于开始时间表示到次日"))

    class Meta:
        verbose_name = _("营业时间")
        verbose_name_plural = _("营业时间")
        ordering = ["weekday", "opens"]
        constraints = [models.UniqueConstraint(fields=["weekday", "opens"], name="working_interval_once")]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M}–{self.closes:%H:%M}"


class CalendarDay(models.Model):
    """A day that differs from its weekday: a holiday, or a make-up workday (调休). Beats the public calendar."""

    class Kind(models.TextChoices):
        HOLIDAY = "holiday", _("休息")
        WORKDAY = "workday", _("上班")

    day = models.DateField(_("日期"), unique=True)
    kind = models.CharField(_("类型"), max_length=8, choices=Kind)
    name = models.CharField(_("名称"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("特殊日期")
        verbose_name_plural = _("特殊日期")
        ordering = ["day"]

    def __str__(self) -> str:
        return f"{self.day} {self.name or self.get_kind_display()}"


# Inside `settings_read_once()`: empty until the first question, then what was read. None elsewhere.
_read: ContextVar[list[ShopSettings] | None] = ContextVar("settings_read", default=None)


def shop_settings() -> ShopSettings:
    """The shop's settings, with the defaults until a manager changes something."""
    read = _read.get()
    if read is None:
        return _read_settings()
    if not read:
        read.append(_read_settings())
    return read[0]


@contextmanager
def settings_read_once() -> Iterator[None]:
    """Read the settings once, however often they are asked for. Only around what changes none of them."""
    token = _read.set([])
    try:
        yield
    finally:
        _read.reset(token)


def _read_settings() -> ShopSettings:
    (found,) = read_together(_the_row().given())
    return found[0] if found else ShopSettings(pk=1)


@cache
def _the_row() -> PreparedRows[ShopSettings]:
    return PreparedRows(ShopSettings.objects.filter(pk=1))
