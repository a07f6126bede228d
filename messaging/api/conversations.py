"""Conversations, messages and files over HTTP, for other systems."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from messaging.api.serializers import (
    AttachmentOutput,
    ConversationOutput,
    HitList,
    MessageInput,
    MessageList,
    MessageOutput,
    PageFilter,
    SearchFilter,
    UploadInput,
)
from messaging.errors import FileTypeRefused
from messaging.models import Attachment, Conversation, Message
from messaging.new_message import NewMessage
from messaging.presenters import attachment_object, message_object
from messaging.selectors.attachments import attachment_visible_to
from messaging.selectors.conversations import conversations_visible_to
from messaging.selectors.messages import messages_after, messages_before
from messaging.selectors.search import newest_hits, search_messages
from messaging.services.attachments import store_attachment
from messaging.services.messages import send_message
from messaging.views.files import file_answer
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.link_texts import hide_links
from shopcomm.core.accounts.permissions import key_may
from shopcomm.core.audiences import SHOP
from shopcomm.core.http.api import ApiList, ApiView
from shopcomm.core.search.highlight import marked_places
from shopcomm.core.search.query import Query, parse_query


@extend_schema_view(get=extend_schema(operation_id="conversations_list"))
class ConversationsView(ApiList):
    """Every conversation, newest first."""

    rights = {"GET": "conversations.view_all"}
    serializer_class = ConversationOutput
    queryset = Conversation.objects.none()

    def get_queryset(self) -> QuerySet[Conversation]:
        key: Any = self.request.auth
        if key is None:
            return Conversation.objects.none()
        return conversations_visible_to(Actor.api_key(key)).select_related("order", "customer")


class MessagesView(ApiView):
    """One conversation's messages by seq, and saying something in it."""

    rights = {"GET": "conversations.view_all", "POST": "conversations.speak"}
    filters = PageFilter

    def conversation(self, pk: int) -> Conversation:
        """The conversation, or 404."""
        return get_object_or_404(conversations_visible_to(self.actor), pk=pk)

    @extend_schema(responses=MessageList, operation_id="messages_list")
    def get(self, request: Request, pk: int) -> Response:
        conversation = self.conversation(pk)
        given = self.filters_of(request)
        limit = min(given["limit"], 500)
        if "before" in given:
            found = messages_before(conversation, given["before"], SHOP, limit)
        elif "after" in given:
            found = messages_after(conversation.pk, given["after"], SHOP, limit)
        else:
            found = messages_after(conversation.pk, 0, SHOP, limit)
        results = [_told(each, request.auth) for each in found]
        return Response(_neighbours(request, conversation, found) | {"results": results})

    @extend_schema(request=MessageInput, responses={200: MessageOutput, 201: MessageOutput})
    def post(self, request: Request, pk: int) -> Response:
        return self.once(request, pk=pk)

    def create(self, request: Request, **kwargs: Any) -> Response:
        conversation = self.conversation(kwargs["pk"])
        asked = MessageInput(data=request.data)
        asked.is_valid(raise_exception=True)
        sent = send_message(actor=self.actor, conversation_id=conversation.pk, **asked.validated_data)
        return Response(_told(sent.said, request.auth), status=201 if sent.created else 200)


def _told(message: Message | NewMessage, key: Any) -> dict[str, Any]:
    """A message as this key may read it: notices to customers name links that would open their pages."""
    told = message_object(message, SHOP)
    if not key_may(key, "orders.links"):
        told["body"] = hide_links(told["body"])
    return told


def _neighbours(request: Request, conversation: Conversation, found: list[Message]) -> dict[str, str | None]:
    """The addresses of the pages beside this one."""
    newer = found[-1].seq if found and found[-1].seq < conversation.last_seq else None
    older = found[0].seq if found and found[0].seq > 1 else None
    return {"next": _page_at(request, "after", newer), "previous": _page_at(request, "before", older)}


def _page_at(request: Request, name: str, seq: int | None) -> str | None:
    if seq is None:
        return None
    query = {key: value for key, value in request.query_params.items() if key not in ("after", "before")}
    return request.build_absolute_uri(f"{request.path}?{urlencode(query | {name: seq})}")


class AttachmentsView(ApiView):
    """Uploading a file for a message."""

    rights = {"POST": "conversations.speak"}
    parser_classes = (MultiPartParser,)

    @extend_schema(request=UploadInput, responses={201: AttachmentOutput})
    def post(self, request: Request) -> Response:
        return self.once(request)

    def create(self, request: Request, **kwargs: Any) -> Response:
        upload = request.FILES.get("file")
        if upload is None:
            raise FileTypeRefused()
        return Response(attachment_object(store_attachment(actor=self.actor, upload=upload)), status=201)


class AttachmentView(ApiView):
    """The content of a file, as it is shown or saved."""

    rights = {"GET": "conversations.view_all"}

    @extend_schema(
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY}, operation_id="attachments_content"
    )
    def get(self, request: Request, pk: UUID) -> HttpResponseBase:
        found = attachment_visible_to(self.actor, pk)
        if found is None:
            raise Http404
        return file_answer(request, found)


class SearchView(ApiView):
    """Messages with some words in them, newest first."""

    rights = {"GET": "conversations.view_all"}
    filters = SearchFilter

    @extend_schema(responses=HitList, operation_id="messages_search")
    def get(self, request: Request) -> Response:
        given = self.filters_of(request)
        key: Any = request.auth
        query = parse_query(given["q"])
        found = _narrowed(search_messages(self.actor, query, links=key_may(key, "orders.links")), given)
        hits = newest_hits(found, query, min(given["limit"], 200))
        return Response({"results": [_hit(message, query, key) for message in hits]})


def _narrowed(found: QuerySet[Message], given: dict[str, Any]) -> QuerySet[Message]:
    wanted = {
        "conversation__order__number": given["order"],
        "sender_kind": given["sender"],
        "created_at__gte": given["since"],
        "created_at__lt": given["until"],
    }
    found = found.filter(**{name: value for name, value in wanted.items() if value})
    if given["has"]:
        # Asked for and not joined: a message with nine pictures is one message.
        found = found.filter(Exists(Attachment.objects.filter(message=OuterRef("pk"), kind=given["has"])))
    return found.prefetch_related("attachments")


def _hit(message: Message, query: Query, key: Any) -> dict[str, Any]:
    order, told = message.conversation.order, _told(message, key)
    return {
        "conversation": message.conversation_id,
        "order": order.number if order else None,
        "highlights": marked_places(told["body"], query),
        "message": told,
    }
