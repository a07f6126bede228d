"""What a new shop still has to do, read from what is there: nothing is ticked off by hand."""

from dataclasses import dataclass

from django.db.models import Count, Q, Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from messaging.models import ChannelAccount, NotificationRule
from orders.models import Product, Variant
from orders.reading.couriers import courier_name
from shopcomm.core.accounts.models import Customer, Staff
from shopcomm.core.accounts.roles import Role
from shopcomm.core.configuration.calendar import hours_text, weekly_hours
from shopcomm.core.configuration.models import WorkingInterval, shop_settings


@dataclass(frozen=True)
class Step:
    """One line of the list: what it is, how it stands, and where it is done."""

    icon: str
    title: str
    state: str
    done: bool
    link: str
    action: str
    # A word for somebody who has not done it before.
    hint: str = ""


def checklist_steps() -> list[Step]:
    """Every step in the order in which a shop is opened."""
    return [_shop(), _payment(), _hours(), _products(), _stock(), _staff(), _couriers(), _rules()]


def _shop() -> Step:
    shop = shop_settings()
    missing = [
        label
        for label, value in (
            (_("电话"), shop.phone),
            (_("退货地址"), shop.return_address),
            (_("店标"), shop.logo),
        )
        if not value
    ]
    needed = not shop.phone or not shop.return_address
    state = _("%(shop)s，还没有：%(missing)s") if missing else _("%(shop)s，资料齐全")
    return Step(
        icon="home",
        title=_("店铺资料"),
        state=state % {"shop": shop.shop_name, "missing": _("、").join(missing)},
        done=not needed,
        link=reverse("admin:configuration_shopsettings_change", args=[1]),
        action=_("修改资料"),
        hint=_("店名和店标印在客户页面、面单和报价单上；同意退货后客户会看到退货地址。"),
    )


def _payment() -> Step:
    shop = shop_settings()
    ways = [label for label, value in ((_("收款码"), shop.pay_code), (_("账号"), shop.pay_text)) if value]
    return Step(
        icon="pay",
        title=_("收款"),
        state=_("待付款的订单上有：%(ways)s") % {"ways": _("、").join(ways)}
        if ways
        else _("没有设置：待付款的订单上只有“联系商家付款”"),
        done=bool(ways),
        link=reverse("admin:configuration_shopsettings_change", args=[1]),
        action=_("设置收款方式"),
        hint=_("客户照着付款，拍下凭证发到会话里；核对到账后由销售登记收款。"),
    )


def _hours() -> Step:
    weekly = weekly_hours(WorkingInterval.objects.all())
    open_days = [spans for spans in weekly if spans]
    state = (
        _("每周营业 %(days)s 天，%(hours)s") % {"days": len(open_days), "hours": hours_text(open_days[0])}
        if open_days
        else _("没有设置：通知随时都会发")
    )
    return Step(
        icon="clock",
        title=_("营业时间"),
        state=state,
        done=bool(open_days),
        link=reverse("hours"),
        action=_("修改营业时间"),
        hint=_("不急的通知等到营业时间才发；节假日已按国家公布的安排。"),
    )


def _products() -> Step:
    on_sale = Q(is_active=True, product__is_active=True)
    variants = Variant.objects.filter(on_sale).count()
    products = Product.objects.filter(is_active=True, variants__isnull=False).distinct().count()
    return Step(
        icon="boxes",
        title=_("商品"),
        state=_("%(products)s 款，%(variants)s 个规格在售") % {"products": products, "variants": variants}
        if variants
        else _("还没有在售的商品"),
        done=variants > 0,
        link=reverse("admin:orders_product_add"),
        action=_("添加商品"),
        hint=_("一款商品下面填它的规格：每种颜色和尺寸一行，各有自己的款号（SKU）和零售价。"),
    )


def _stock() -> Step:
    found = Variant.objects.filter(is_active=True, product__is_active=True).aggregate(
        pieces=Sum("on_hand", default=0), with_stock=Count("pk", filter=Q(on_hand__gt=0)), all=Count("pk")
    )
    return Step(
        icon="list",
        title=_("库存"),
        state=_("%(pieces)s 件，%(all)s 个规格里 %(with_stock)s 个有货") % found
        if found["with_stock"]
        else _("还没有库存：客户下不了单"),
        done=found["with_stock"] > 0,
        link=reverse("admin:orders_variant_changelist"),
        action=_("登记库存"),
        hint=_("在列表的“盘点为”一栏填货架上的件数，写上原因（例如 开店盘点）。"),
    )


def _staff() -> Step:
    counts = dict(
        Staff.objects.filter(is_active=True).values_list("role").annotate(Count("pk")).order_by("role")
    )
    sales, warehouse = counts.get(Role.SALES, 0), counts.get(Role.WAREHOUSE, 0)
    return Step(
        icon="user",
        title=_("员工"),
        state=_("经理 %(managers)s 人，销售 %(sales)s 人，仓库 %(warehouse)s 人")
        % {"managers": counts.get(Role.MANAGER, 0), "sales": sales, "warehouse": warehouse},
        done=sales + warehouse > 0,
        link=reverse("admin:accounts_staff_add"),
        action=_("添加员工"),
        hint=_("一个人的店可以跳过：经理什么都能做。销售看订单和会话，仓库看配货看板。"),
    )


def _couriers() -> Step:
    usual = shop_settings().couriers
    return Step(
        icon="truck",
        title=_("快递"),
        state=_("、").join(courier_name(code) for code in usual)
        or _("没有选：发货时按通常的顺序列出全部快递"),
        done=bool(usual),
        link=reverse("first_day:couriers"),
        action=_("选常用快递"),
        hint=_("发货时常用的排在最前面；运单号能认出来的会自动选好。"),
    )


def _rules() -> Step:
    enabled, everything = (
        NotificationRule.objects.filter(enabled=True).count(),
        NotificationRule.objects.count(),
    )
    accounts = ChannelAccount.objects.filter(enabled=True).count()
    outside = (
        _("短信或机器人通道 %(count)s 个") % {"count": accounts}
        if accounts
        else _("没有短信通道，客户在订单页和浏览器里收到")
    )
    return Step(
        icon="rules",
        title=_("通知规则"),
        state=_("%(all)s 条里启用了 %(enabled)s 条；%(outside)s")
        % {"all": everything, "enabled": enabled, "outside": outside},
        done=enabled > 0,
        link=reverse("messaging:rules"),
        action=_("查看规则"),
        hint=_("催付、发货提醒、库存预警都是现成的规则，可以逐条关掉或改写。"),
    )


@dataclass(frozen=True)
class FromFile:
    """How goods, stock or customers that are written down elsewhere get in today."""

    title: str
    state: str
    way: str
    link: str
    action: str


def from_files() -> list[FromFile]:
    """Products, stock and customers: what there is, and the ways in that exist."""
    on_hand = Variant.objects.aggregate(count=Sum("on_hand", default=0))["count"]
    return [
        FromFile(
            _("商品"),
            _("%(count)s 款（包括停售的）") % {"count": Product.objects.count()},
            _("没有单独的商品文件导入。导入历史订单时，里面的商品会作为停售商品建好，核对价格后上架。"),
            reverse("admin:orders_product_changelist"),
            _("全部商品"),
        ),
        FromFile(
            _("库存"),
            ngettext("%(count)s 件", "%(count)s 件", on_hand) % {"count": on_hand},
            _("没有库存文件导入。可以逐个规格盘点，或由您的系统通过接口写入。"),
            reverse("api-docs"),
            _("接口说明"),
        ),
        FromFile(
            _("客户"),
            _("%(count)s 位") % {"count": Customer.objects.count()},
            _("没有单独的客户文件导入。导入历史订单时，买家会建成客户；新客户下单或登录时自动建立。"),
            reverse("admin:accounts_customer_changelist"),
            _("全部客户"),
        ),
    ]
