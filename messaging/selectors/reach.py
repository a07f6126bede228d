"""Whom a rule can reach: what each channel outside the product leads to, and which tags customers have."""

from collections import Counter
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from messaging.models import Channel, ChannelAccount, PushSubscription, RecipientKind
from shopcomm.core.accounts.models import Customer, Staff

MOST_TAGS = 12


@dataclass(frozen=True)
class ChannelReach:
    """One channel, in words whom it reaches now, and whether it reaches anybody at all."""

    channel: str
    label: str
    text: str
    works: bool

    @property
    def sentence(self) -> str:
        """As a line of a list."""
        return _("%(label)s：%(text)s") % {"label": self.label, "text": self.text}


def channels_reach() -> list[ChannelReach]:
    """Every channel a rule may name, so that nobody chooses one that leads nowhere without being told."""
    known = {
        Channel.PUSH: _push(),
        Channel.EMAIL: _email(),
        Channel.SMS: _accounts(Channel.SMS),
        Channel.BOT: _accounts(Channel.BOT),
    }
    return [
        ChannelReach(channel.value, str(channel.label), text, works)
        for channel, (text, works) in known.items()
    ]


def _push() -> tuple[str, bool]:
    owners = PushSubscription.objects.order_by().values_list("owner_kind", "owner_id").distinct()
    return _people(Counter(kind for kind, _pk in owners), _("还没有人打开推送"))


def _email() -> tuple[str, bool]:
    if not settings.EMAIL_URL:
        return _("没有设置邮件服务器（EMAIL_URL），发不出去"), False
    customers = Customer.objects.filter(is_active=True).exclude(email="").count()
    staff = Staff.objects.filter(is_active=True).exclude(email="").count()
    counts = Counter({RecipientKind.CUSTOMER: customers, RecipientKind.STAFF: staff})
    return _people(counts, _("还没有人填写邮箱"))


def _people(counts: Counter, nobody: str) -> tuple[str, bool]:
    customers, staff = counts[RecipientKind.CUSTOMER], counts[RecipientKind.STAFF]
    if not customers + staff:
        return nobody, False
    return _("客户 %(customers)s 位，员工 %(staff)s 位") % {"customers": customers, "staff": staff}, True


def _accounts(channel: Channel) -> tuple[str, bool]:
    count = ChannelAccount.objects.filter(channel=channel, enabled=True).count()
    if not count:
        return _("没有启用的渠道账号，发不出去"), False
    return ngettext("%(count)s 个账号", "%(count)s 个账号", count) % {"count": count}, True


def tags_in_use() -> str:
    """The tags that customers have, with how many have each, the most used first; empty while nobody has any."""
    rows = Customer.objects.filter(is_active=True).exclude(tags=[]).values_list("tags", flat=True)
    counts = Counter(str(tag) for tags in rows.iterator() for tag in tags).most_common(MOST_TAGS)
    return _("、").join(_("%(tag)s（%(count)s）") % {"tag": tag, "count": count} for tag, count in counts)
