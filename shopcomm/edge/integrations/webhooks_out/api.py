"""Webhook endpoints and their deliveries over HTTP."""

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from shopcomm.core.http.api import ApiView
from shopcomm.core.http.pages import PageQuery, page_answer
from shopcomm.core.reading import MOST_ID
from shopcomm.edge.integrations.webhooks_out.event_types import ALL, EVENT_TYPES
from shopcomm.edge.integrations.webhooks_out.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from shopcomm.edge.integrations.webhooks_out.payloads import LATEST
from shopcomm.edge.integrations.webhooks_out.services.endpoints import (
    LONGEST_URL,
    EndpointSettings,
    create_endpoint,
    delete_endpoint,
    edit_endpoint,
    pause_endpoint,
    rotate_secret,
)
from shopcomm.edge.integrations.webhooks_out.services.redelivery import (
    redeliver_chosen,
    redeliver_one,
    redeliver_since,
    resume_endpoint,
    send_test_event,
)
from shopcomm.edge.integrations.webhooks_out.signing import header_names

State = WebhookEndpoint.State


class EndpointInput(serializers.Serializer):
    url = serializers.CharField(max_length=LONGEST_URL, help_text="https, or a host the operator has named")
    event_types = serializers.ListField(
        child=serializers.ChoiceField([ALL, *EVENT_TYPES]), min_length=1, max_length=50, help_text="`*`: all"
    )
    description = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    payload_version = serializers.ChoiceField([LATEST], required=False, default=LATEST)
    headers = serializers.DictField(
        child=serializers.CharField(max_length=2000, allow_blank=True),
        required=False,
        help_text="sent with each delivery; never shown again",
    )


class EndpointPatch(serializers.Serializer):
    url = serializers.CharField(max_length=LONGEST_URL, required=False)
    event_types = serializers.ListField(
        child=serializers.ChoiceField([ALL, *EVENT_TYPES]), min_length=1, max_length=50, required=False
    )
    description = serializers.CharField(max_length=200, required=False, allow_blank=True)
    payload_version = serializers.ChoiceField([LATEST], required=False)
    headers = serializers.DictField(
        child=serializers.CharField(max_length=2000, allow_blank=True), required=False
    )
    state = serializers.ChoiceField([State.ACTIVE.value, State.PAUSED.value], required=False)


class EndpointOutput(serializers.ModelSerializer):
    event_types = serializers.ListField(child=serializers.CharField())
    header_names = serializers.SerializerMethodField()
    old_secret_until = serializers.DateTimeField(
        allow_null=True, help_text="until then the secret before the last rotation signs as well"
    )

    class Meta:
        model = WebhookEndpoint
        fields = (
            "id", "url", "description", "event_types", "payload_version", "header_names", "state", "disabled_reason",
            "disabled_at", "failing_since", "old_secret_until", "created_at",
        )  # fmt: skip

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_header_names(self, endpoint: WebhookEndpoint) -> list[str]:
        return header_names(endpoint)


class EndpointWithSecret(EndpointOutput):
    secret = serializers.SerializerMethodField(help_text="shown this once")

    class Meta(EndpointOutput.Meta):
        fields = (*EndpointOutput.Meta.fields, "secret")  # type: ignore[assignment]

    def get_secret(self, endpoint: WebhookEndpoint) -> str:
        return str(self.context["secret"])


class EndpointList(serializers.Serializer):
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = EndpointOutput(many=True)


class AttemptOutput(serializers.ModelSerializer):
    class Meta:
        model = WebhookAttempt
        fields = ("number", "started_at", "duration_ms", "status", "answer", "error")


class DeliveryOutput(serializers.ModelSerializer):
    attempts = AttemptOutput(source="tries", many=True)
    next_attempt_at = serializers.SerializerMethodField()

    class Meta:
        model = WebhookDelivery
        fields = (
            "id", "message_id", "type", "state", "status", "error", "created_at", "finished_at", "next_attempt_at",
            "attempts",
        )  # fmt: skip

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_next_attempt_at(self, delivery: WebhookDelivery) -> str | None:
        waits = delivery.state == WebhookDelivery.State.PENDING
        return serializers.DateTimeField().to_representation(delivery.due_at) if waits else None


class ReplayInput(serializers.Serializer):
    since = serializers.DateTimeField(
        required=False, help_text="all that failed or was skipped of what happened since then"
    )
    deliveries = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MOST_ID),
        required=False,
        min_length=1,
        max_length=500,
        help_text="these, whatever became of them; in place of `since`",
    )


class ReplayOutput(serializers.Serializer):
    count = serializers.IntegerField(help_text="how many are sent again")


class DeliveryList(serializers.Serializer):
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = DeliveryOutput(many=True)


class EndpointsView(ApiView):
    """The endpoints, and adding one."""

    rights = {"GET": "webhooks.view", "POST": "webhooks.manage"}
    filters = PageQuery

    @extend_schema(responses=EndpointList, operation_id="webhook_endpoints_list")
    def get(self, request: Request) -> Response:
        return page_answer(request, WebhookEndpoint.objects.all(), EndpointOutput)

    @extend_schema(
        request=EndpointInput, responses={201: EndpointWithSecret}, operation_id="webhook_endpoints_create"
    )
    def post(self, request: Request) -> Response:
        return self.once(request)

    def create(self, request: Request, **kwargs: Any) -> Response:
        asked = EndpointInput(data=request.data)
        asked.is_valid(raise_exception=True)
        endpoint, secret = create_endpoint(actor=self.actor, wanted=EndpointSettings(**asked.validated_data))
        return Response(EndpointWithSecret(endpoint, context={"secret": secret}).data, status=201)


class EndpointView(ApiView):
    """One endpoint."""

    rights = {"GET": "webhooks.view", "PATCH": "webhooks.manage", "DELETE": "webhooks.manage"}

    @extend_schema(responses=EndpointOutput, operation_id="webhook_endpoints_retrieve")
    def get(self, request: Request, pk: int) -> Response:
        return Response(EndpointOutput(get_object_or_404(WebhookEndpoint, pk=pk)).data)

    @extend_schema(request=EndpointPatch, responses=EndpointOutput, operation_id="webhook_endpoints_update")
    def patch(self, request: Request, pk: int) -> Response:
        asked = EndpointPatch(data=request.data)
        asked.is_valid(raise_exception=True)
        given = dict(asked.validated_data)
        state = given.pop("state", None)
        endpoint = get_object_or_404(WebhookEndpoint, pk=pk)
        if given:
            names = ("url", "event_types", "description", "payload_version")
            now = {name: getattr(endpoint, name) for name in names}
            wanted = EndpointSettings(**(now | given))
            endpoint = edit_endpoint(actor=self.actor, endpoint_id=pk, wanted=wanted)
        if state:
            change = resume_endpoint if state == State.ACTIVE else pause_endpoint
            endpoint = change(actor=self.actor, endpoint_id=pk)
        return Response(EndpointOutput(endpoint).data)

    @extend_schema(responses={204: None}, operation_id="webhook_endpoints_destroy")
    def delete(self, request: Request, pk: int) -> Response:
        get_object_or_404(WebhookEndpoint, pk=pk)
        delete_endpoint(actor=self.actor, endpoint_id=pk)
        return Response(status=204)


class RotateView(ApiView):
    """A new secret for an endpoint; the one before it signs as well for 24 hours."""

    rights = {"POST": "webhooks.manage"}

    @extend_schema(request=None, responses=EndpointWithSecret, operation_id="webhook_endpoints_rotate")
    def post(self, request: Request, pk: int) -> Response:
        return self.once(request, pk=pk)

    def create(self, request: Request, **kwargs: Any) -> Response:
        get_object_or_404(WebhookEndpoint, pk=kwargs["pk"])
        endpoint, secret = rotate_secret(actor=self.actor, endpoint_id=kwargs["pk"])
        return Response(EndpointWithSecret(endpoint, context={"secret": secret}).data)


class TestView(ApiView):
    """Sending an endpoint a `webhook.test`."""

    rights = {"POST": "webhooks.manage"}

    @extend_schema(request=None, responses={202: DeliveryOutput}, operation_id="webhook_endpoints_test")
    def post(self, request: Request, pk: int) -> Response:
        return self.once(request, pk=pk)

    def create(self, request: Request, **kwargs: Any) -> Response:
        get_object_or_404(WebhookEndpoint, pk=kwargs["pk"])
        delivery = send_test_event(actor=self.actor, endpoint_id=kwargs["pk"])
        return Response(DeliveryOutput(delivery).data, status=202)


class ReplayView(ApiView):
    """Sending again what was missed since a moment, or what is named."""

    rights = {"POST": "webhooks.manage"}

    @extend_schema(
        request=ReplayInput, responses={202: ReplayOutput}, operation_id="webhook_endpoints_replay"
    )
    def post(self, request: Request, pk: int) -> Response:
        return self.once(request, pk=pk)

    def create(self, request: Request, **kwargs: Any) -> Response:
        asked = ReplayInput(data=request.data)
        asked.is_valid(raise_exception=True)
        given, endpoint = asked.validated_data, get_object_or_404(WebhookEndpoint, pk=kwargs["pk"])
        if len(given) != 1:
            raise exceptions.ValidationError({"since": ["give either `since` or `deliveries`"]})
        if "since" in given:
            count = redeliver_since(actor=self.actor, endpoint_id=endpoint.pk, since=given["since"])
        else:
            count = redeliver_chosen(
                actor=self.actor, endpoint_id=endpoint.pk, delivery_ids=given["deliveries"]
            )
        return Response({"count": count}, status=202)


class DeliveriesView(ApiView):
    """What was sent to an endpoint, the newest first, with every attempt."""

    rights = {"GET": "webhooks.view"}
    filters = PageQuery

    @extend_schema(responses=DeliveryList, operation_id="webhook_deliveries_list")
    def get(self, request: Request, pk: int) -> Response:
        endpoint = get_object_or_404(WebhookEndpoint, pk=pk)
        rows = endpoint.deliveries.defer("payload").prefetch_related("tries")
        return page_answer(request, rows, DeliveryOutput)


class RetryView(ApiView):
    """Sending a delivery again."""

    rights = {"POST": "webhooks.manage"}

    @extend_schema(request=None, responses={202: DeliveryOutput}, operation_id="webhook_deliveries_retry")
    def post(self, request: Request, pk: int) -> Response:
        return self.once(request, pk=pk)

    def create(self, request: Request, **kwargs: Any) -> Response:
        try:
            delivery = redeliver_one(actor=self.actor, delivery_id=kwargs["pk"])
        except WebhookDelivery.DoesNotExist as error:
            raise Http404 from error
        return Response(DeliveryOutput(delivery).data, status=202)
