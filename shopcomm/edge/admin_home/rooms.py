"""The rooms of the admin: what a manager looks for, by its name in the shop, wherever its rows are kept."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

# A list has a plural where a form's heading has none.
_many = partial(pgettext, "list")


@dataclass(frozen=True)
class Page:
    """One place to go."""

    title: str
    link: str


@dataclass(frozen=True)
class Room:
    """What belongs together. `key` is its anchor on the admin's first page."""

    key: str
    title: str
    # A name of the theme's font of symbols.
    icon: str
    pages: tuple[Page, ...]


def admin_rooms() -> list[Room]:
    """Every room, in the order in which a shop is run."""
    return [
        Room("goods", _many("商品"), "work", _goods_pages()),
        Room("stock", _("库存"), "inventory_2", _stock_pages()),
        Room("customers", _many("客户"), "groups", _customers_pages()),
        Room("staff", _("员工"), "badge", _staff_pages()),
        Room("rules", _many("规则"), "rule", _rules_pages()),
        Room("hours", _("营业时间"), "schedule", _hours_pages()),
        Room("channels", _many("渠道"), "campaign", _channels_pages()),
        Room("system", _("系统"), "settings", _system_pages()),
    ]


def _goods_pages() -> tuple[Page, ...]:
    return (
        _list("orders", "product", _("全部商品")),
        Page(_("添加商品"), reverse("admin:orders_product_add")),
    )


def _stock_pages() -> tuple[Page, ...]:
    return (
        _list("orders", "variant", _("规格与库存")),
        _list("orders", "stockmovement", _many("库存流水")),
        _list("messaging", "stockwatch", _many("到货登记")),
    )


def _customers_pages() -> tuple[Page, ...]:
    return (
        _list("accounts", "customer", _("全部客户")),
        _list("orders", "order", _many("订单")),
        _list("messaging", "conversation", _many("会话")),
        _list("messaging", "scheduledmessage", _many("定时消息")),
        _list("orders", "contactreveal", _("谁看过客户电话")),
    )


def _rules_pages() -> tuple[Page, ...]:
    return (
        Page(_many("通知规则"), reverse("messaging:rules")),
        _list("messaging", "notificationrule", _("规则一览")),
        _list("messaging", "notification", _many("通知记录")),
        Page(_("改单政策"), reverse("orders:change-policy")),
    )


def _hours_pages() -> tuple[Page, ...]:
    return (
        Page(_("营业时间"), reverse("hours")),
        _list("configuration", "workinginterval", _("每周时段")),
        _list("configuration", "calendarday", _many("特殊日期")),
    )


def _channels_pages() -> tuple[Page, ...]:
    return (
        _list("messaging", "channelaccount", _many("渠道账号")),
        _list("messaging", "channelhealth", _many("渠道状况")),
        _list("messaging", "delivery", _("发送记录")),
    )


def _staff_pages() -> tuple[Page, ...]:
    return (
        _list("accounts", "staff", _("全部员工")),
        Page(_("谁能做什么"), reverse("rights")),
        _list("axes", "accesslog", _("登录记录")),
        _list("axes", "accessfailurelog", _("登录失败")),
        _list("axes", "accessattempt", _("登录锁定")),
    )


def _system_pages() -> tuple[Page, ...]:
    return (
        Page(_("店铺设置"), reverse("admin:configuration_shopsettings_change", args=[1])),
        Page(_("常用快递"), reverse("first_day:couriers")),
        Page(_("对接"), reverse("integrations:connections")),
        Page(_("导入"), reverse("files:imports")),
        Page(_("导出过的"), reverse("files:exports")),
        Page(_many("接口密钥"), reverse("keys:list")),
        _list("django_celery_beat", "periodictask", _("定时任务")),
        _list("events", "deadletter", _many("死信")),
        _list("events", "heldevent", _("等待重试的事件")),
        _list("events", "reader", _("处理进度")),
        _list("events", "domainevent", _many("事件")),
        Page(_("Webhook 推送"), reverse("webhooks_out:endpoints")),
        Page(_("接口说明"), reverse("api-docs")),
    )


def room_of(app_label: str) -> Room | None:
    """The room in which an app's lists are; the first one for an app whose lists are in several."""
    place = f"{reverse('admin:index')}{app_label}/"
    return next((room for room in admin_rooms() for page in room.pages if page.link.startswith(place)), None)


def title_of(link: object) -> str:
    """What a list is called in its room; empty for any other address."""
    return next((page.title for room in admin_rooms() for page in room.pages if page.link == str(link)), "")


def sidebar_navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The sidebar, as the theme takes it: the ways out first, then a fold for each room. Called by unfold."""
    ways = [
        _way(_("管理首页"), reverse("admin:index"), "home"),
        # Its path begins every other one, so that the theme would take it for open.
        _way(_("返回工作台"), reverse("home"), "arrow_back") | {"active": _never},
        _way(_("开店清单"), reverse("first_day:checklist"), "checklist"),
    ]
    folds = [
        {
            "title": room.title,
            "collapsible": True,
            "items": [{"title": page.title, "link": page.link} for page in room.pages],
        }
        for room in admin_rooms()
    ]
    return [{"items": ways}, *folds]


def _never(request: HttpRequest) -> bool:
    return False


def _way(title: str, link: str, icon: str) -> dict[str, Any]:
    return {"title": title, "link": link, "icon": icon}


def _list(app_label: str, model: str, title: str) -> Page:
    return Page(title, reverse(f"admin:{app_label}_{model}_changelist"))
