"""The event log over HTTP: read it from a cursor, miss nothing."""

from functools import partial
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from shopcomm.core.accounts.permissions import key_may
from shopcomm.core.events.masking import masked_data, revealed_data
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.selectors import events_after
from shopcomm.core.http.api import ApiView
from shopcomm.core.reading import whole_number


class EventFilter(serializers.Serializer):
    after = serializers.RegexField(r"^[0-9]{1,18}$", required=False, default="0")
    limit = serializers.IntegerField(required=False, default=100, min_value=1)
    type = serializers.CharField(required=False, default="", max_length=60, allow_blank=True)


class EventOutput(serializers.ModelSerializer):
    actor = serializers.SerializerMethodField()
    data = serializers.SerializerMethodField()  # type: ignore[assignment]

    class Meta:
        model = DomainEvent
        fields = ("id", "type", "occurred_at", "actor", "data")

    def get_actor(self, event: DomainEvent) -> dict[str, Any]:
        return {"kind": event.actor_kind, "id": event.actor_id, "name": event.actor_name}

    def get_data(self, event: DomainEvent) -> dict[str, Any]:
        whole = self.context["revealed"].get(event.pk, {})
        return (
            masked_data(event)
            | whole
            | {"order_id": event.order_id, "conversation_id": event.conversation_id}
        )


class EventList(serializers.Serializer):
    results = EventOutput(many=True)
    next_cursor = serializers.CharField()


class EventsView(ApiView):
    """Events in their order; `next_cursor` is where to go on, also when nothing is new."""

    rights = {"GET": "events.follow"}
    filters = EventFilter

    @extend_schema(responses=EventList, operation_id="events_list")
    def get(self, request: Request) -> Response:
        given = self.filters_of(request)
        after, limit = whole_number(given["after"]) or 0, min(given["limit"], 1000)
        events = events_after(after, limit=limit, event_type=given["type"])
        cursor = events[-1].position if events else after
        told = {"revealed": revealed_data(events, partial(key_may, request.auth))}
        return Response(
            {"results": EventOutput(events, many=True, context=told).data, "next_cursor": str(cursor)}
        )
