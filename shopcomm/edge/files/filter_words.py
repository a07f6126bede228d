"""A list's filters in words, so that whoever exports it sees what it is narrowed to."""

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orders.models import Status, StockMovement
from shopcomm.core.accounts.models.customers import Customer, Source

LABELS: dict[str, str | Promise] = {
    "status": _("状态"),
    "source": _("来源"),
    "tier": _("类型"),
    "kind": _("类型"),
    "q": _("搜索"),
    "since": _("从"),
    "until": _("到"),
    "urgent": _("加急"),
    "unread": _("未读"),
    "mine": _("我负责"),
    "unassigned": _("未分配"),
    "folder": _("会话分组"),
    "currency": _("币种"),
    "is_active": _("启用"),
}
CHOICES: dict[str, dict[str, str | Promise]] = {
    "status": dict(Status.choices),
    "source": dict(Source.choices),
    "tier": dict(Customer.Tier.choices),
    "kind": dict(StockMovement.Kind.choices),
    "folder": {
        "all": _("全部"),
        "unread": _("未读"),
        "waiting": _("等我回复"),
        "enquiry": _("询价"),
        "mine": _("我负责"),
        "closed": _("已结束"),
    },
}
# Where a page stands and how it is sorted narrows nothing; whose list it is, its page says.
UNSAID = frozenset({"after", "at", "limit", "todo", "p", "o", "customer", "all"})


def filters_in_words(query: QueryDict) -> list[tuple[str, str]]:
    """Each filter by what it is called and what it says; one without a name by its own."""
    said = []
    for name, value in query.items():
        plain = name.removesuffix("__exact")
        if value and plain not in UNSAID:
            label = str(LABELS.get(plain, plain))
            said.append((label, str(CHOICES.get(plain, {}).get(str(value), "" if value == "1" else value))))
    return said
