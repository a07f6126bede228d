"""`POST inbound/orders/`: the signature is checked over the bytes as they came (Standard Webhooks), then stored and answered."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from standardwebhooks import Webhook

from shopcomm.core.reading import json_object, whole_number
from shopcomm.core.refusals import Refusal
from shopcomm.core.sealing import CannotUnseal
from shopcomm.edge.integrations.inbound_order import InboundOrderInput
from shopcomm.edge.integrations.models import Connection, InboundRecord
from shopcomm.edge.integrations.services.receiving import store_if_unchanged
from shopcomm.edge.integrations.webhooks_in.sources import active_sources, remembered_sources, secrets_taken

SIGNED = ("webhook-id", "webhook-timestamp", "webhook-signature")
LARGEST_BODY = 256 * 1024
SIGNATURE_HEADERS = [
    OpenApiParameter(name, str, OpenApiParameter.HEADER, required=True, description="Standard Webhooks")
    for name in SIGNED
]


class SignatureRefused(Refusal):
    """Not signed with the secret of any active connection, too old, or too far ahead."""

    code, status, detail = "bad_signature", 401, _("签名不对，或时间差超过五分钟")


class SecretUnreadable(Refusal):
    """A secret was sealed under another SECRET_KEY, so whose message it is cannot be said: it is to be sent again later."""

    code, status, detail = "unavailable", 503, _("现在读不出密钥，请稍后再发")


class TooLarge(Refusal):
    """More than an order can be."""

    code, status, detail = "too_large", 413, _("内容过大")


class RecordOutput(serializers.Serializer):
    """What is known of the record by now: a new one is applied a moment later."""

    id = serializers.IntegerField()
    external_id = serializers.CharField()
    state = serializers.ChoiceField(InboundRecord.State.choices)
    reason = serializers.CharField(help_text="a code, of one that is parked or in conflict")
    detail = serializers.CharField()
    order = serializers.CharField(allow_null=True, help_text="the order's number here, once it is there")


class InboundOrdersView(APIView):
    """Another order system tells of its orders."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()

    @extend_schema(
        request=InboundOrderInput,
        parameters=SIGNATURE_HEADERS,
        responses={200: RecordOutput, 201: RecordOutput},
        operation_id="inbound_orders_create",
        auth=[],
    )
    def post(self, request: Request) -> Response:
        raw = _raw_body(request._request)
        record, made = _store(request._request, raw)
        return Response(_told(record), status=201 if made else 200)


def _told(record: InboundRecord) -> dict[str, Any]:
    """The members of RecordOutput. Hundreds are answered in a second: a serializer would take half of the time."""
    told = {name: getattr(record, name) for name in ("external_id", "state", "reason", "detail")}
    return {"id": record.pk, **told, "order": record.order.number if record.order else None}


def _raw_body(request: HttpRequest) -> bytes:
    """The body as it came, before anything reads it. Raises TooLarge."""
    # Without a body no length is said.
    if whole_number(request.META.get("CONTENT_LENGTH") or 0, most=LARGEST_BODY) is None:
        raise TooLarge
    return request.body


def _store(request: HttpRequest, raw: bytes) -> tuple[InboundRecord, bool]:
    """Keep what is signed by a source as this process remembers it, else as it is now.

    Raises SignatureRefused, SecretUnreadable, ParseError.
    """
    headers = {name: request.headers.get(name, "") for name in SIGNED}
    # Twice as they are now: one may have changed again between the two.
    for sources in (remembered_sources, active_sources, active_sources):
        connection = next((each for each in sources() if _has_signed(each, raw, headers)), None)
        if connection is None:
            continue
        body = json_object(raw.decode())
        if body is None:
            raise exceptions.ParseError("a JSON object is wanted")
        kept = store_if_unchanged(connection=connection, message_id=headers["webhook-id"], body=body)
        if kept is not None:
            return kept
    raise SecretUnreadable if any(map(_is_unreadable, remembered_sources())) else SignatureRefused


def _has_signed(connection: Connection, raw: bytes, headers: dict[str, str]) -> bool:
    """Whether a body is signed with one of a source's secrets."""
    try:
        return any(_verifies(secret, raw, headers) for secret in secrets_taken(connection))
    except CannotUnseal:
        return False


def _is_unreadable(connection: Connection) -> bool:
    try:
        secrets_taken(connection)
    except CannotUnseal:
        return True
    return False


def _verifies(secret: str, raw: bytes, headers: dict[str, str]) -> bool:
    try:
        Webhook(secret).verify(raw, headers, json_parse=False)
    # The library raises its own error for a wrong signature, and whatever breaks for a malformed header.
    except Exception:
        return False
    return True
