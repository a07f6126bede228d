"""Conversations and their messages as they are written to a file. What the shop says to itself is in neither."""

from django.db.models import F, QuerySet, Value
from django.db.models.expressions import RawSQL
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from messaging.models import Conversation, Message, Sender
from messaging.selectors.inbox import InboxFilters
from messaging.selectors.inbox_rows import FROM, folder_sql
from messaging.selectors.search import conversations_matching
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.link_texts import without_links
from shopcomm.core.phones import compact_phone, masked_phone, with_masked_phones
from shopcomm.core.search.query import parse_query
from shopcomm.core.sheets.columns import Column, Kind, label_of

STAFF_NAME = Coalesce(NullIf(F("assigned_to__display_name"), Value("")), F("assigned_to__username"))


def listed_conversations(actor: Actor, filters: InboxFilters) -> QuerySet[Conversation]:
    """The conversations of a folder of the inbox, or those of it that a search finds; not those among colleagues."""
    where, values = folder_sql(filters.folder, actor)
    if query := parse_query(filters.q):
        meant = conversations_matching(actor, query)
        where, values = f"{where} AND c.id IN {meant.sql}", [*values, *meant.values]
    own = [actor.sender_kind, actor.id_or_zero]
    found = Conversation.objects.filter(pk__in=RawSQL(f"(SELECT c.id {FROM} WHERE {where})", [*own, *values]))
    return found.exclude(kind=Conversation.Kind.TEAM).order_by(
        F("last_message_at").desc(nulls_last=True), "-pk"
    )


def listed_messages(actor: Actor, filters: InboxFilters) -> QuerySet[Message]:
    """What was said in those conversations, in its order: no internal notes, and nothing that was taken back."""
    within = listed_conversations(actor, filters).order_by().values("pk")
    said = Message.objects.filter(conversation__in=within, internal=False, recalled_at=None)
    return said.order_by("conversation_id", "seq")


def conversation_columns(*, contacts: bool) -> list[Column]:
    """A conversation in a row."""
    return [
        Column(_("会话编号"), "pk", Kind.COUNT),
        Column(_("种类"), label_of("kind", Conversation.Kind.choices)),
        Column(_("状态"), label_of("state", Conversation.State.choices)),
        Column(_("客户"), "customer__name"),
        Column(_("公司"), "customer__company"),
        Column(_("手机"), "customer__phone", Kind.CODE, compact_phone if contacts else masked_phone),
        Column(_("订单号"), "order__number", Kind.CODE),
        Column(_("主题"), "subject", show=None if contacts else with_masked_phones),
        Column(_("负责人"), STAFF_NAME),
        Column(_("建立时间"), "created_at", Kind.MOMENT),
        Column(_("最近消息"), "last_message_at", Kind.MOMENT),
    ]


def message_columns(*, contacts: bool) -> list[Column]:
    """A message in a row; the keys of links to customers' pages are left out of what it says."""
    in_language = KeyTextTransform(get_language() or "", KeyTransform("said", "data"))
    return [
        Column(_("会话编号"), "conversation_id", Kind.COUNT),
        Column(_("订单号"), "conversation__order__number", Kind.CODE),
        Column(_("客户"), "conversation__customer__name"),
        Column(_("序号"), "seq", Kind.COUNT),
        Column(_("时间"), "created_at", Kind.MOMENT),
        Column(_("发送方"), label_of("sender_kind", Sender.choices)),
        Column(_("姓名"), "sender_name"),
        Column(_("类型"), label_of("kind", Message.Kind.choices)),
        Column(
            _("内容"),
            Coalesce(in_language, without_links("body")),
            show=None if contacts else with_masked_phones,
        ),
    ]
