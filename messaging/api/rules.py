"""Rules of notices over HTTP, to be read: which event tells whom, when, in which words."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from messaging.models import NotificationRule, NotificationTemplate
from shopcomm.core.http.api import ApiView
from shopcomm.core.http.pages import PageQuery, page_answer, page_of_rows


class RuleFilter(PageQuery):
    trigger = serializers.CharField(required=False, default="", max_length=24, allow_blank=True)
    enabled = serializers.BooleanField(required=False, allow_null=True, default=None)


class RuleWords(serializers.ModelSerializer):
    """Words in one language; `channel` is empty where they are for every channel."""

    class Meta:
        model = NotificationTemplate
        fields = ("language", "channel", "body")


class RuleOutput(serializers.ModelSerializer):
    """A rule as it decides now; `key` names those that ship with the product."""

    steps = serializers.ListField(
        child=serializers.IntegerField(), help_text="minutes of a timer's reminders"
    )
    conditions = serializers.SerializerMethodField(help_text="those that are asked for")
    channels = serializers.ListField(child=serializers.CharField())
    words = RuleWords(source="templates", many=True)

    class Meta:
        model = NotificationRule
        fields = (
            "id", "key", "name", "enabled", "trigger", "audience", "role", "channels", "outside", "priority", "steps",
            "cancel_after", "delay_minutes", "conditions", "cap_count", "cap_hours", "version", "updated_at", "words",
        )  # fmt: skip

    @extend_schema_field(serializers.DictField())
    def get_conditions(self, rule: NotificationRule) -> dict[str, object]:
        asked = {
            "urgent": rule.urgent,
            "sources": rule.sources or None,
            "min_total": None if rule.min_total is None else f"{rule.min_total:.2f}",
            "max_total": None if rule.max_total is None else f"{rule.max_total:.2f}",
            "regions": rule.regions or None,
            "tags": rule.tags or None,
            "categories": rule.categories or None,
        }
        return {name: value for name, value in asked.items() if value is not None}


class RulesView(ApiView):
    """Every rule, the newest first."""

    rights = {"GET": "rules.read"}
    filters = RuleFilter

    @extend_schema(responses=page_of_rows("RuleList", RuleOutput), operation_id="rules_list")
    def get(self, request: Request) -> Response:
        given = self.filters_of(request)
        wanted = {"trigger": given["trigger"] or None, "enabled": given["enabled"]}
        rows = NotificationRule.objects.prefetch_related("templates")
        return page_answer(
            request,
            rows.filter(**{name: value for name, value in wanted.items() if value is not None}),
            RuleOutput,
        )


class RuleView(ApiView):
    """One rule."""

    rights = {"GET": "rules.read"}

    @extend_schema(responses=RuleOutput, operation_id="rules_retrieve")
    def get(self, request: Request, pk: int) -> Response:
        rows = NotificationRule.objects.prefetch_related("templates")
        return Response(RuleOutput(get_object_or_404(rows, pk=pk)).data)
