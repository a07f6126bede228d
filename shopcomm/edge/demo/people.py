"""The people of the demo shop. Every name and number is made up."""

import os
import secrets
from random import Random

from django.contrib.auth.hashers import make_password

from orders.services.orders import AddressInput
from shopcomm.core.accounts.models import Customer, Staff
from shopcomm.core.accounts.rights import role_may
from shopcomm.core.accounts.roles import Role
from shopcomm.core.accounts.services.customers import customer_by_phone

SHOP = {
    "shop_name": "行知箱包",
    "phone": "0577-88000010",
    "return_receiver": "行知箱包售后",
    "return_phone": "13800000010",
    "return_address": "浙江省温州市鹿城区黄龙商贸城 6 区 1 楼 A01 退货口",
    "couriers": ["shunfeng", "zhongtong", "debangwuliu"],
}
LOGINS = (
    ("sales", "林晓雨", Role.SALES),
    ("warehouse", "周敏", Role.WAREHOUSE),
    ("manager", "陈志强", Role.MANAGER),
)
COLLEAGUES = (
    ("sales2", "何佳", Role.SALES),
    ("sales3", "徐亮", Role.SALES),
    ("warehouse2", "老吴", Role.WAREHOUSE),
)
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭林何高梁郑罗宋谢唐韩曹许邓萧"
GIVEN = (
    "丽华",
    "婉宁",
    "浩然",
    "晓东",
    "思敏",
    "志明",
    "秀英",
    "建国",
    "佳琪",
    "子涵",
    "雨桐",
    "国强",
    "海燕",
    "文静",
    "俊杰",
)
SHOPS = ("皮具行", "箱包批发部", "箱包商行", "皮具店", "精品箱包")
PLACES = (
    ("浙江省", "温州市", "鹿城区", "黄龙商贸城 {} 区 2 楼 B{}"),
    ("浙江省", "杭州市", "西湖区", "文三路 {} 号 {} 幢 3 楼"),
    ("浙江省", "金华市", "义乌市", "国际商贸城 {} 区 {} 号"),
    ("广东省", "广州市", "白云区", "梓元岗皮具城 {} 楼 {} 档"),
    ("广东省", "深圳市", "南山区", "科技园路 {} 号 {} 室"),
    ("四川省", "成都市", "金牛区", "荷花池市场 {} 区 {} 号"),
    ("辽宁省", "沈阳市", "沈河区", "五爱市场 {} 楼 {} 号"),
    ("江苏省", "苏州市", "姑苏区", "人民路 {} 号 {} 室"),
    ("河北省", "保定市", "白沟镇", "和道国际箱包城 {} 区 {} 号"),
    ("湖南省", "长沙市", "雨花区", "高桥大市场 {} 栋 {} 号"),
)


def demo_staff() -> dict[str, Staff]:
    """The staff: three who log in with SHOPCOMM_DEMO_PASSWORD, three who are names on orders."""
    password = os.environ.get("SHOPCOMM_DEMO_PASSWORD") or secrets.token_urlsafe(9)
    # One password, hashed once: that is slow on purpose.
    hashed, staff = make_password(password), {}
    for username, name, role in (*LOGINS, *COLLEAGUES):
        person = Staff(username=username, display_name=name, role=role)
        person.is_staff = person.is_superuser = role_may(role, "admin")
        if (username, name, role) in LOGINS:
            person.password = hashed
        else:
            person.set_unusable_password()
        person.save()
        staff[username] = person
    return staff


def set_demo_password(password: str) -> list[str]:
    """Give the three who log in this password, those of them who are still there; answers their user names.

    Nobody in a shop that is no demo. Whoever has the password already stays logged in: set anew it ends every session.
    """
    if not Staff.objects.filter(username__in=[colleague[0] for colleague in COLLEAGUES]).exists():
        return []
    names = [login[0] for login in LOGINS]
    found = Staff.objects.filter(username__in=names, is_active=True)
    for person in found:
        if not person.check_password(password):
            person.set_password(password)
            person.save(update_fields=["password"])
    return sorted((person.username for person in found), key=names.index)


def demo_customers(chance: Random, count: int) -> list[Customer]:
    """Customers with numbers nobody has, a third of them shops."""
    found = []
    for place in range(count):
        name = chance.choice(SURNAMES) + chance.choice(GIVEN)
        is_shop = place % 3 == 0
        company = f"{PLACES[place % len(PLACES)][1][:-1]}{name[1:]}{chance.choice(SHOPS)}" if is_shop else ""
        found.append(
            customer_by_phone(
                name=name,
                phone=f"+861{chance.choice('3578')}{place % 10}0000{place:04d}"[:14],
                source=chance.choice(["wechat", "wechat", "wechat", "phone", "store", "web"]),
                company=company,
                tier="wholesale" if is_shop else "retail",
            )
        )
    return found


def demo_address(customer: Customer, chance: Random) -> AddressInput:
    """Somewhere in China for a customer's parcel."""
    province, city, district, street = PLACES[customer.pk % len(PLACES)]
    place = street.format(chance.randint(1, 9), chance.randint(101, 999))
    return AddressInput(customer.name, customer.phone, province, city, district, place)
