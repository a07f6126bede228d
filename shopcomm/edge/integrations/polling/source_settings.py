"""How a source is read: its part of a connection's configuration. Plain values, written by the source's form."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

KIND = "polling"
# Its member of a connection's configuration, and of its credentials.
MEMBER, SECRET = "polling", "secret"


class Auth(TextChoices):
    NONE = "none", _("不需要")
    BEARER = "bearer", _("令牌（Authorization: Bearer）")
    BASIC = "basic", _("用户名和密码（Basic）")
    HEADER = "header", _("自定义请求头")
    QUERY = "query", _("地址里的参数")


class PageStyle(TextChoices):
    SINGLE = "single", _("一次全部")
    PAGE = "page", _("页码")
    OFFSET = "offset", _("偏移量")
    CURSOR = "cursor", _("游标")
    LINK = "link", _("下一页的地址")


class MomentStyle(TextChoices):
    ISO = "iso", "2026-11-30T12:00:00+08:00"
    PLAIN = "plain", "2026-11-30 12:00:00"
    SECONDS = "seconds", _("秒（1795996800）")
    MILLISECONDS = "milliseconds", _("毫秒（1795996800000）")


class MoneyUnit(TextChoices):
    YUAN = "yuan", _("元")
    FEN = "fen", _("分")


@dataclass(frozen=True, kw_only=True)
class SourceSettings:
    """Where a source is, how it is paged through, and where in its answers what an order needs is (`mapping.py`)."""

    url: str
    auth: str = Auth.NONE
    # The user's name, the header's or the parameter's.
    auth_name: str = ""
    style: str = PageStyle.SINGLE
    # The parameter of the page's number, of the offset, of the cursor.
    page_param: str = ""
    first_page: int = 1
    size_param: str = ""
    size: int = 100
    # Paths in an answer: the orders, the cursor or the address of the next page, whether there is more.
    rows: str = ""
    next: str = ""
    more: str = ""
    # The parameter that asks for what has changed since a moment; empty where everything is asked for each time.
    since_param: str = ""
    since_style: str = MomentStyle.ISO
    zone: str = "Asia/Shanghai"
    # Seconds: how often it is read, and how far before the mark a pass begins, for what the other side commits late.
    interval: int = 60
    overlap: int = 300
    money: str = MoneyUnit.YUAN
    # By target of the mapping: the path in a row.
    fields: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, configuration: Mapping[str, Any]) -> "SourceSettings":
        """Those of a connection."""
        kept = configuration.get(MEMBER, {})
        known = {each.name for each in fields(cls)}
        return cls(**{"url": ""} | {name: value for name, value in kept.items() if name in known})

    def as_json(self) -> dict[str, Any]:
        """As they are kept."""
        return asdict(self)

    @property
    def mapping(self) -> list[Any]:
        """What decides how a row is read."""
        return [sorted(self.fields.items()), self.money, self.zone]

    @property
    def timezone(self) -> ZoneInfo:
        """The zone of moments that name none."""
        return ZoneInfo(self.zone)

    @property
    def is_feed(self) -> bool:
        """Whether it is a list of changes that is read on from a cursor, and never from its beginning."""
        return self.style == PageStyle.CURSOR and not self.since_param
