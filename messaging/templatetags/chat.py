"""`{% chat_pane order %}`: the conversation of an order, on any page."""

import json
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import Any
from urllib.parse import urlencode

from django import template
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from messaging.linked import with_links
from messaging.models import Attachment, Conversation, RecipientKind, ScheduledMessage
from messaging.policies.notifications.reasons import reason_text
from messaging.policies.notifications.triggers import trigger_label
from messaging.presenters import shown_kinds
from messaging.selectors.attachments import pictures_by_ids
from messaging.selectors.badges import Badges, badges_with
from messaging.selectors.conversations import assignable_staff, orders_to_link
from messaging.selectors.notice_preferences import notice_kinds_for
from messaging.selectors.pane import conversation_of, pane_page
from messaging.selectors.unread import count_unread_conversations
from messaging.selectors.waiting import ToCome, may_change, to_come
from messaging.services.attachments import too_large
from messaging.services.emoji import EMOJI_VERSION
from messaging.services.notifications.recipients import Recipient
from messaging.services.subscriptions import notice_preferences_of
from orders.models import AfterSalesCase, Order
from shopcomm.core import reading
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.middleware import FIELD as PAGE_FIELD
from shopcomm.core.accounts.models import Customer, Staff
from shopcomm.core.audiences import audience_of
from shopcomm.core.configuration.models import shop_settings
from shopcomm.core.events.kinds import Event, all_kinds
from shopcomm.core.ui.addresses import page_address

register = template.Library()
# What a text may hold and a script's end must not be told by.
NO_MARKUP = (("<", "\\u003C"), (">", "\\u003E"), ("&", "\\u0026"))


@register.filter
def timing_reason(key: str) -> str:
    """Why a notice goes when it goes, in words."""
    return reason_text(str(key))


@register.filter(name="trigger_label")
def trigger_label_of(trigger: str) -> str:
    """What a rule waits for, in words."""
    return trigger_label(trigger)


@register.simple_tag
def event_kinds(*, for_shop: bool) -> SafeString:
    """What scripts have to know of the kinds of event, as data of the page: `lib/kinds.js` reads it."""
    return _kinds_data(for_shop, tuple(all_kinds()))


@lru_cache(maxsize=4)
def _kinds_data(for_shop: bool, _declared: tuple[type[Event], ...]) -> SafeString:
    return _data_of_page(shown_kinds(for_shop=for_shop), "event-kinds")


@register.filter(name="may_change")
def may_change_scheduled(scheduled: ScheduledMessage, actor: Actor) -> bool:
    """Whether a reader may edit or cancel a scheduled message."""
    return may_change(scheduled, actor)


@register.filter
def page_data(page: dict[str, Any]) -> SafeString:
    """What a module starts from, as data of the page: each character as it is, which takes half of the bytes."""
    return _data_of_page(page)


def _data_of_page(data: dict[str, Any], name: str = "") -> SafeString:
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":"), cls=DjangoJSONEncoder)
    for mark, written in NO_MARKUP:
        body = body.replace(mark, written)
    named = format_html(' id="{}"', name) if name else ""
    return format_html('<script{} type="application/json">{}</script>', named, mark_safe(body))


@register.simple_tag(name="to_come")
def to_come_in(conversation: Conversation) -> ToCome:
    """What is still to come in a conversation."""
    return to_come(conversation)


@register.simple_tag
def notice_preferences(actor: Actor) -> dict[str, Any]:
    """What a reader wants of notices, and the kinds there are."""
    known = notice_preferences_of(actor)
    return {"known": known, "kinds": notice_kinds_for(known)}


@register.simple_tag
def person_name(person: Recipient) -> str:
    """The name of the recipient of a notice."""
    model = Customer if person.kind == RecipientKind.CUSTOMER else Staff
    return str(model.objects.filter(pk=person.id).first() or "")


# Where the pane stands decides its frame and its head.
VARIANTS = {
    "desk": ("pane", "messaging/_head_desk.html"),
    "inbox": ("pane2", "messaging/_head_inbox.html"),
    "portal": ("v-chat", "messaging/_head_portal.html"),
}


@register.inclusion_tag("messaging/_chat_pane.html", takes_context=True)
def chat_pane(
    context: template.Context,
    order: Order | None = None,
    conversation: Conversation | None = None,
    variant: str = "desk",
    actor: Actor | None = None,
    readonly: bool = False,
    change_url: str = "",
    questions: Sequence[object] = (),
) -> dict[str, Any]:
    """The pane of an `order`'s conversation, or of a `conversation`. Empty for who may not see it.

    `variant` is one of VARIANTS, `actor` who reads it (else whoever asks for the page), `readonly` for who only looks.
    `change_url` is where this reader changes the order; `questions` are answered beside the box without asking anybody.
    """
    actor = actor or context["request"].actor
    if order is not None and actor:
        conversation = conversation_of(order, actor)
    if conversation is None or not actor:
        return {"page": None}
    frame, head = VARIANTS[variant]
    page = pane_data(conversation, actor, readonly=readonly)
    page["jump_to"] = _jump_to(context.get("request"))
    if conversation.order_id and not readonly:
        page["urls"] |= change_urls(conversation, actor, change_url)
    return {
        "request": context.get("request"),
        "shop": context.get("shop") or shop_settings(),
        "questions": questions,
        "said_by": _said_by(context.get("request")),
        "conversation": conversation,
        "page": page,
        "frame": frame,
        "head": head,
        "label": _("与%(name)s的聊天") % {"name": page["peer"]["name"]},
    }


def _jump_to(request: Any) -> int | None:
    """The message that a search has led to, by its number."""
    return reading.whole_number(request.GET.get("at")) if request else None


def _said_by(request: Any) -> str:
    """What a form's address carries of the page it stands on, so that it is said by whose page it is."""
    owner = getattr(request, "page_owner", None)
    return f"?{urlencode({PAGE_FIELD: owner.visitor})}" if owner else ""


def change_urls(conversation: Conversation, actor: Actor, change_url: str) -> dict[str, str]:
    """Where a message becomes a request, `{seq}` being its number; nowhere for who may not change orders."""
    if actor.may("orders.create"):
        form = page_address("messaging:change-from-message", conversation.pk, 0).replace("/0/", "/{seq}/")
    elif change_url:
        form = f"{change_url}?message={{seq}}"
    else:
        return {}
    take = page_address("messaging:take-offer", conversation.pk, 0).replace("/0/", "/{seq}/")
    return {"change": form, "take": take}


@register.simple_tag
def pictures_of(cases: Iterable[AfterSalesCase]) -> list[Attachment]:
    """The pictures of several cases, to show each its own among."""
    return pictures_by_ids([pk for case in cases for pk in case.pictures])


@register.inclusion_tag("messaging/_pictures.html")
def attached_pictures(ids: list[str], among: list[Attachment] | None = None) -> dict[str, Any]:
    """Files of a conversation shown elsewhere; their URLs work only for those who may see the conversation.

    `among`: these and others, where they have been read already.
    """
    if among is None:
        return {"pictures": pictures_by_ids(ids)}
    return {"pictures": [each for each in among if str(each.pk) in ids]}


@register.simple_tag(takes_context=True)
def page_badges(context: template.Context) -> Badges:
    """The numbers on the buttons that lead through the shop's pages."""
    # The inbox has asked already, with its own.
    if (asked := context.get("badges")) is not None:
        return asked
    return badges_with(getattr(context.get("request"), "actor", None))[0]


@register.simple_tag
def own_unread_of(actor: Actor) -> int:
    """How many of a customer's conversations hold something new from the shop."""
    return count_unread_conversations(actor)


register.filter("linked", with_links)


@register.simple_tag
def custody_choices(conversation: Conversation, actor: Actor) -> dict[str, Any]:
    """Whom a conversation may be handed to, and which orders it may become the conversation of."""
    return {
        "colleagues": list(assignable_staff().exclude(pk=conversation.assigned_to_id or 0)),
        "orders": list(orders_to_link(conversation, actor)[:10]),
    }


def pane_data(conversation: Conversation, actor: Actor, *, readonly: bool = False) -> dict[str, Any]:
    """What `messaging/pane.js` starts from."""
    audience = audience_of(actor)
    page = pane_page(conversation, actor, audience=audience)
    return {
        "conversation": conversation.pk,
        # Across the conversation there are two, however many audiences look on.
        "side": "customer" if actor.is_customer else "shop",
        "readonly": readonly,
        "me": {"kind": actor.sender_kind, "id": actor.id_or_zero, "name": actor.name},
        "peer": {"name": conversation.with_customer.name if actor.is_shop else _("客服")},
        "messages": page.messages,
        "people": page.people,
        "has_older": page.has_older,
        "my_read": page.my_read,
        "peer_read": page.peer_read,
        "largest_file": settings.MAX_ATTACHMENT_BYTES,
        "recall_within": shop_settings().recall_within_seconds,
        "urls": {
            "messages": page_address("messaging:messages", conversation.pk),
            "cards": page_address("messaging:card", conversation.pk, 0).removesuffix("0/"),
            "attachments": page_address("messaging:upload"),
            "emoji": f"{page_address('messaging:emoji')}?v={EMOJI_VERSION}",
        },
        "texts": _texts(get_language())
        | ({} if actor.is_shop else {"away": _("离线也能留言，客服上线后回复")}),
    }


@cache
def _texts(language: str | None) -> dict[str, str]:
    """What the modules say, in the reader's language; `%s` is filled in by them."""
    return {
        "today": _("今天"),
        "yesterday": _("昨天"),
        "image": _("图片"),
        "pictureWaiting": _("图片正在处理…"),
        "pictureFailed": _("图片无法显示"),
        "pictureLost": _("图片暂时打不开"),
        "quoted": _("原消息"),
        "sending": _("发送中…"),
        "unsent": _("未发送 · 网络不稳定，恢复后自动发送"),
        "refused": _("没有发出去"),
        "tooLarge": too_large(),
        "failed": _("网络不好，没有提交，请再试一次"),
        "recalledByMe": _("您撤回了一条消息"),
        "recalled": _("%s 撤回了一条消息"),
        "typing": _("%s 正在输入…"),
        "online": _("在线"),
        "away": _("离线"),
        "denied": _("您不再能查看这个会话，请刷新页面"),
        "reconnecting": _("连接已断开，正在重连…"),
        "attempt": _(" 第 %s 次"),
        "inSeconds": _("，%s 秒后"),
        "offline": _("网络已断开，已载入的内容仍可查看"),
        "offlineUnsent": _("，%s 条消息待发送"),
        "back": _("已恢复"),
        "backMissed": _("已恢复，补收 %s 条新消息"),
        "unsentCount": _("%s 条消息待发送，网络恢复后自动发送"),
    }
