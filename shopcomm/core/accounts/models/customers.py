from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from shopcomm.core.fields import LineField
from shopcomm.core.search.bigrams import bigram_index
from shopcomm.core.text import CURRENCIES, HOME_CURRENCY

# Tags of one customer, and the characters of one.
MOST_TAGS, LONGEST_TAG = 20, 30


class Source(models.TextChoices):
    """Where a customer or an order came from."""

    WECHAT = "wechat", _("微信")
    PHONE = "phone", _("电话")
    STORE = "store", _("门店")
    WEB = "web", _("网店")
    API = "api", "API"


class Customer(models.Model):
    """Somebody who buys: a person, or the company behind them."""

    class Tier(models.TextChoices):
        RETAIL = "retail", _("零售")
        WHOLESALE = "wholesale", _("批发")

    name = LineField(_("姓名"), max_length=120)
    # E.164, an extension behind a hyphen; blank for imported customers of whom only an id is known.
    phone = models.CharField(_("手机"), max_length=40, blank=True)
    phone_tail = models.CharField(_("手机尾号"), max_length=4, blank=True, editable=False)
    company = LineField(_("公司"), max_length=120, blank=True)
    source = models.CharField(_("来源"), max_length=10, choices=Source, default=Source.WECHAT)
    tier = models.CharField(_("类型"), max_length=10, choices=Tier, default=Tier.RETAIL)
    email = models.EmailField(_("邮箱"), blank=True)
    # Words the shop sorts customers by; notification rules ask for them.
    tags = models.JSONField(_("标签"), default=list, blank=True)
    # How they are written to; blank: the shop's own language and time.
    language = models.CharField(_("语言"), max_length=10, blank=True, choices=settings.LANGUAGES)
    time_zone = models.CharField(_("时区"), max_length=40, blank=True)
    external_id = models.CharField(_("外部编号"), max_length=64, blank=True)
    note = models.TextField(_("备注"), blank=True)
    # Off: no log-in and no link opens anything for them any more; their orders stay.
    is_active = models.BooleanField(_("启用"), default=True)
    credit_limit = models.DecimalField(_("赊账额度"), max_digits=12, decimal_places=2, default=0)
    # Sums of different currencies are never added up: the limit is for debts in this one, and no other is lent.
    credit_currency = models.CharField(
        _("额度币种"),
        max_length=3,
        choices=[(code, code) for code in CURRENCIES],
        default=HOME_CURRENCY,
        db_default=HOME_CURRENCY,
        help_text=_("额度只管这一种币种：其他币种的订单不能挂账，其他币种的欠款也不占用额度"),
    )
    credit_days = models.PositiveIntegerField(
        _("挂账付款期（天）"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(3650)],
        help_text=_("留空按店铺设置；0 表示当天到期；只影响以后挂账的订单"),
    )
    no_due_date = models.BooleanField(
        _("挂账不设到期日"),
        default=False,
        db_default=False,
        help_text=_("店铺设了付款期，这位客户也不设到期日；只影响以后挂账的订单"),
    )
    created_at = models.DateTimeField(_("建立时间"), auto_now_add=True)

    class Meta:
        verbose_name = _("客户")
        verbose_name_plural = _("客户")
        constraints = [
            models.UniqueConstraint(fields=["phone"], condition=~models.Q(phone=""), name="customer_phone"),
            models.UniqueConstraint(
                fields=["external_id"], condition=~models.Q(external_id=""), name="customer_ext"
            ),
            models.CheckConstraint(
                condition=models.Q(no_due_date=False) | models.Q(credit_days=None),
                name="customer_one_term",
                violation_error_message=_("填了付款期就有到期日：请二选一"),
            ),
        ]
        indexes = [
            # The desk's search by the last four digits of a phone.
            models.Index(fields=["phone_tail"], name="customer_phone_tail"),
            # The desk's search by the beginning of a name.
            models.Index(fields=["name"], name="customer_name_prefix", opclasses=["varchar_pattern_ops"]),
            # Searches by any part of a name or a firm, and by the beginning of a phone.
            bigram_index("name", name="customer_name_words"),
            bigram_index("company", name="customer_company_words", condition=~models.Q(company="")),
            models.Index(fields=["phone"], name="customer_phone_prefix", opclasses=["varchar_pattern_ops"]),
        ]

    def __str__(self) -> str:
        return self.company or self.name
