"""`POST inbound/tracking/{carrier}/`: verified as the service signs it, stored as it came, answered as it wants to be."""

from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shopcomm.core.reading import whole_number
from shopcomm.core.refusals import Refusal
from shopcomm.core.sealing import CannotUnseal
from shopcomm.edge.integrations.couriers.adapters.base import Push, Reply, TakesPushes
from shopcomm.edge.integrations.couriers.models import CourierAccount
from shopcomm.edge.integrations.couriers.services.accounts import access_of, adapter_for
from shopcomm.edge.integrations.couriers.services.receiving import store_push

LARGEST_BODY = 1024 * 1024


class PushTooLarge(Refusal):
    """More than the way of a parcel can be."""

    code, status, detail = "too_large", 413, _("内容过大")


class PushAnswer(serializers.Serializer):
    """What the service wants to hear: the members are its own."""

    result = serializers.BooleanField(required=False, help_text="快递100")
    returnCode = serializers.CharField(required=False, help_text="快递100")
    message = serializers.CharField(required=False, help_text="快递100")
    code = serializers.IntegerField(required=False, help_text="17TRACK")
    ok = serializers.BooleanField(required=False, help_text="generic")


class InboundTrackingView(APIView):
    """A tracking service tells where parcels are."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()

    @extend_schema(
        request={
            "application/json": {"type": "object"},
            "application/x-www-form-urlencoded": {
                "type": "object",
                "properties": {"param": {"type": "string"}, "sign": {"type": "string"}},
            },
        },
        parameters=[
            OpenApiParameter(
                "carrier",
                str,
                OpenApiParameter.PATH,
                description="`kuaidi100`, `17track`, `generic`, or the name of an account",
            )
        ],
        responses={200: PushAnswer, 401: PushAnswer, 503: PushAnswer},
        operation_id="inbound_tracking_create",
        auth=[],
    )
    def post(self, request: Request, carrier: str) -> Response:
        account = CourierAccount.objects.filter(slug=carrier).first()
        service = adapter_for(account) if account else None
        if account is None or not isinstance(service, TakesPushes):
            raise NotFound
        reply = _take(account, service, _push_of(request._request))
        return Response(reply.body, status=reply.status)


def _take(account: CourierAccount, service: TakesPushes, push: Push) -> Reply:
    """Store a push that its service has signed."""
    if not account.is_active:
        return service.refused(503)
    try:
        access = access_of(account)
    except CannotUnseal:
        return service.refused(503)
    if not service.is_signed(push, access):
        return service.refused(401)
    store_push(account, service.kept(push).replace("\0", ""))
    return service.taken()


def _push_of(request: HttpRequest) -> Push:
    """The request as it came. Raises PushTooLarge."""
    if whole_number(request.META.get("CONTENT_LENGTH"), most=LARGEST_BODY) is None:
        raise PushTooLarge
    body = request.body
    try:
        form = {name: text for name, text in request.POST.items() if isinstance(text, str)}
    except MultiPartParserError:
        form = {}
    return Push(body, form, {name.lower(): text for name, text in request.headers.items()})
