"""How each room of the admin stands: a few numbers, and what a manager should look at. A handful of queries in all."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, F, Q, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django_celery_beat.models import PeriodicTask

from messaging.models import (
    ChannelAccount,
    ChannelHealth,
    Delivery,
    Notification,
    NotificationRule,
)
from messaging.models.rules import Channel
from orders.models import Product, Variant
from shopcomm.core.accounts.models import ApiKey, Customer, Staff
from shopcomm.core.accounts.roles import Role
from shopcomm.core.configuration.calendar import (
    holiday_gap,
    hours_text,
    next_days,
    today_in_shop,
    weekly_hours,
)
from shopcomm.core.configuration.models import WorkingInterval, shop_settings
from shopcomm.core.events.lags import trouble_of_readers
from shopcomm.core.events.models import DeadLetter
from shopcomm.edge.integrations.keys.selectors import expiring_keys
from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.webhooks_out.models import WebhookEndpoint

# Failed deliveries of so long ago are told of; the list has all.
LATELY = timedelta(days=1)
# The scheduler writes down every three minutes what ran; after so long it stands still.
STANDS_STILL = timedelta(minutes=15)
EVERY_FEW_SECONDS = "relay-events"


@dataclass(frozen=True)
class Number:
    """One figure and what it counts."""

    label: str
    value: str | int


@dataclass(frozen=True)
class Alert:
    """Something to look at, and where."""

    text: str
    link: str


@dataclass(frozen=True)
class Standing:
    """A room's numbers and alerts."""

    numbers: tuple[Number, ...] = ()
    alerts: tuple[Alert, ...] = ()


def room_standings(now: datetime | None = None) -> dict[str, Standing]:
    """How every room stands, by its key."""
    moment = now or timezone.now()
    return {
        "goods": _goods(),
        "stock": _stock(),
        "customers": _customers(),
        "staff": _staff(),
        **_rules_and_channels(moment),
        "hours": _hours(moment),
        "system": _system(moment),
    }


def _goods() -> Standing:
    products = Product.objects.aggregate(on_sale=Count("pk", filter=Q(is_active=True)), all=Count("pk"))
    bare = Product.objects.filter(is_active=True).exclude(variants__is_active=True).count()
    free = Variant.objects.filter(is_active=True, product__is_active=True, price=0).count()
    page = reverse("admin:orders_product_changelist")
    return Standing(
        (
            Number(_("在售款式"), products["on_sale"]),
            Number(_("停售款式"), products["all"] - products["on_sale"]),
        ),
        _told(
            _if(products["on_sale"] == 0, _("还没有在售的商品"), reverse("admin:orders_product_add")),
            _if(bare, _("没有在售规格、下不了单的款式：%(count)s"), f"{page}?sellable=no"),
            _if(
                free,
                _("零售价为 0 的规格：%(count)s"),
                f"{reverse('admin:orders_variant_changelist')}?look=free",
            ),
        ),
    )


def _stock() -> Standing:
    sold = Q(is_active=True, product__is_active=True)
    found = Variant.objects.aggregate(
        pieces=Sum("on_hand", default=0),
        variants=Count("pk", filter=sold),
        low=Count("pk", filter=sold & Q(low_since__isnull=False)),
        out=Count("pk", filter=sold & Q(on_hand__lte=F("reserved"))),
        doubt=Count("pk", filter=sold & Q(not_found__gt=0)),
    )
    page = reverse("admin:orders_variant_changelist")
    return Standing(
        (Number(_("在售规格"), found["variants"]), Number(_("现有件数"), found["pieces"])),
        _told(
            _if(found["out"], _("已经卖完的规格：%(count)s"), f"{page}?look=out"),
            _if(found["low"], _("低于预警线的规格：%(count)s"), f"{page}?look=low"),
            _if(found["doubt"], _("配货时没找到、等盘点的规格：%(count)s"), f"{page}?look=doubt"),
        ),
    )


def _customers() -> Standing:
    found = Customer.objects.aggregate(
        all=Count("pk"),
        mail=Count("pk", filter=~Q(email="")),
        credit=Count("pk", filter=Q(credit_limit__gt=0)),
        unreachable=Count("pk", filter=Q(is_active=True, phone="", email="")),
    )
    page = reverse("admin:accounts_customer_changelist")
    return Standing(
        (
            Number(pgettext("list", "客户"), found["all"]),
            Number(_("有邮箱"), found["mail"]),
            Number(_("可挂账"), found["credit"]),
        ),
        _told(
            _if(found["unreachable"], _("没有电话也没有邮箱的客户：%(count)s"), f"{page}?reach=none"),
        ),
    )


def _staff() -> Standing:
    active = Q(is_active=True)
    found = Staff.objects.aggregate(
        **{role: Count("pk", filter=active & Q(role=role)) for role in Role.values},
        never=Count("pk", filter=active & Q(last_login=None)),
        managers=Count("pk", filter=active & Q(role=Role.MANAGER)),
    )
    page = reverse("admin:accounts_staff_changelist")
    return Standing(
        tuple(Number(str(role.label), found[role.value]) for role in Role),
        _told(_if(found["never"], _("从没登录过的员工：%(count)s"), f"{page}?been=never")),
    )


def _rules_and_channels(now: datetime) -> dict[str, Standing]:
    """One read of the rules says what is off, and which channels they need."""
    rules = list(NotificationRule.objects.values_list("enabled", "channels"))
    on = [channels for enabled, channels in rules if enabled]
    needed = Counter(channel for channels in on for channel in set(channels))
    off = len(rules) - len(on)
    page = reverse("admin:messaging_notificationrule_changelist")
    return {
        "rules": Standing(
            (Number(_("启用"), len(on)), Number(pgettext("list", "停用"), off)),
            _told(
                _if(not on, _("没有启用任何规则：谁都收不到通知"), page),
                _if(off and on, _("停用着的规则：%(count)s"), f"{page}?enabled__exact=0", off),
            ),
        ),
        "channels": _channels(needed, now),
    }


def _channels(needed: Counter[str], now: datetime) -> Standing:
    accounts = ChannelAccount.objects.aggregate(
        sms=Count("pk", filter=Q(channel=Channel.SMS, enabled=True)),
        bot=Count("pk", filter=Q(channel=Channel.BOT, enabled=True)),
        resting=Count("pk", filter=Q(enabled=True, paused_until__gt=now)),
    )
    resting = ChannelHealth.objects.filter(paused_until__gt=now).count()
    failed = Delivery.objects.filter(state=Delivery.State.FAILED, due_at__gt=now - LATELY).count()
    broken = Notification.objects.filter(state=Notification.State.FAILED).count()
    page, deliveries = (
        reverse("admin:messaging_channelaccount_changelist"),
        reverse("admin:messaging_delivery_changelist"),
    )
    add, health = (
        reverse("admin:messaging_channelaccount_add"),
        reverse("admin:messaging_channelhealth_changelist"),
    )
    mail = bool(settings.EMAIL_URL)
    sms, bots, mails = needed[Channel.SMS], needed[Channel.BOT], needed[Channel.EMAIL]
    return Standing(
        (
            Number(_("短信网关"), accounts["sms"]),
            Number(_("群机器人"), accounts["bot"]),
            Number(_("邮件"), _("已设置") if mail else _("未设置")),
        ),
        _told(
            _if(sms and not accounts["sms"], _("要发短信、但没有短信网关的规则：%(count)s"), add, sms),
            _if(bots and not accounts["bot"], _("要发群机器人、但没有机器人的规则：%(count)s"), add, bots),
            _if(mails and not mail, _("要发邮件、但服务器没有设置邮件的规则：%(count)s"), health, mails),
            _if(accounts["resting"], _("连续失败、暂停中的渠道账号：%(count)s"), page),
            _if(resting, _("连续失败、暂停中的渠道：%(count)s"), health),
            _if(failed, _("一天里没送到的：%(count)s"), f"{deliveries}?state__exact=failed"),
            _if(
                broken,
                _("多次出错、没有告诉任何人的通知：%(count)s"),
                f"{reverse('messaging:notices')}#broken",
            ),
        ),
    )


def _hours(now: datetime) -> Standing:
    today = today_in_shop(now)
    open_days = sum(bool(spans) for spans in weekly_hours(WorkingInterval.objects.all()))
    gap = holiday_gap(today)
    page = reverse("hours")
    return Standing(
        (
            Number(_("每周营业天数"), open_days),
            Number(_("今天"), hours_text(next_days(today, 1)[0].spans)),
        ),
        _told(
            _if(not open_days, _("没有设置营业时间：通知随时都会发"), page),
            _if(gap and gap.is_near, _("%(count)s 年调休尚未公布"), page, gap.year if gap else 0),
        ),
    )


def _system(now: datetime) -> Standing:
    letters = DeadLetter.objects.filter(resolved_at=None).count()
    trouble, readers = trouble_of_readers(now), reverse("admin:events_reader_changelist")
    expiring = expiring_keys(now).count()
    unreachable = Connection.objects.exclude(failing_since=None).count()
    disabled = WebhookEndpoint.objects.filter(state=WebhookEndpoint.State.DISABLED).count()
    shop = shop_settings()
    settings_page = reverse("admin:configuration_shopsettings_change", args=[1])
    dead = f"{reverse('admin:events_deadletter_changelist')}?state=open"
    return Standing(
        (
            Number(pgettext("list", "死信"), letters),
            Number(pgettext("list", "接口密钥"), ApiKey.objects.filter(revoked_at=None).count()),
        ),
        _told(
            _if(letters, _("没有处理成功、等人重试的事件（死信）：%(count)s"), dead),
            _if(
                trouble.failing,
                _("出错后会自动再试的事件：%(count)s"),
                reverse("admin:events_heldevent_changelist"),
            ),
            _if(len(trouble.behind), _("落后五分钟以上的处理：%(count)s"), readers),
            _if(len(trouble.paused), _("停下的处理：%(count)s"), f"{readers}?state__exact=paused"),
            _if(
                not _clock_runs(now),
                _("定时任务没有在运行：通知和自动处理都停着"),
                reverse("admin:django_celery_beat_periodictask_changelist"),
            ),
            _if(expiring, _("快到期的接口密钥：%(count)s"), reverse("keys:list")),
            _if(unreachable, _("联系不上的对方系统：%(count)s"), reverse("integrations:connections")),
            _if(disabled, _("停用的推送地址：%(count)s"), reverse("webhooks_out:endpoints")),
            _if(not shop.return_address, _("没有填退货地址"), settings_page),
            _if(not shop.phone, _("没有填店铺电话"), settings_page),
        ),
    )


def _clock_runs(now: datetime) -> bool:
    """Whether the task that runs every few seconds did so lately; one whose row is new has a little time."""
    row = PeriodicTask.objects.filter(name=EVERY_FEW_SECONDS).first()
    return row is not None and row.enabled and now - (row.last_run_at or row.date_changed) < STANDS_STILL


def _if(holds: object, words: str, link: str, count: int | None = None) -> Alert | None:
    """The alert if it holds. Its count is what holds, unless another one is given."""
    if not holds:
        return None
    shown = count if count is not None else holds
    return Alert(words % {"count": shown} if "%(count)s" in words else words, link)


def _told(*alerts: Alert | None) -> tuple[Alert, ...]:
    return tuple(each for each in alerts if each)
