"""The answer to a command over HTTP."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from orders.api.orders import ChangeOutput
from orders.models import Handler
from orders.selectors.change_requests import change_status
from orders.selectors.visibility import orders_visible_to
from shopcomm.core.http.api import ApiView
from shopcomm.core.http.problems import problem_document
from shopcomm.edge.integrations.commands.services.answers import AnswerInput, answer_by_api

PROBLEM = "application/problem+json"


class ChangeAnswerView(ApiView):
    """What the system that keeps an order says to a change it was asked for."""

    rights = {"POST": "changes.answer_outside"}

    @extend_schema(
        request=AnswerInput, responses={200: ChangeOutput}, operation_id="orders_changes_answer_create"
    )
    def post(self, request: Request, number: str, pk: int) -> Response:
        return self.once(request, number=number, pk=pk)

    def create(self, request: Request, **kwargs: Any) -> Response:
        order = get_object_or_404(orders_visible_to(self.actor), number=kwargs["number"])
        asked = get_object_or_404(order.change_requests, pk=kwargs["pk"], handler=Handler.OUTSIDE)
        given = AnswerInput(data=request.data)
        given.is_valid(raise_exception=True)
        answered = answer_by_api(actor=self.actor, request=asked, **given.validated_data)
        if answered.refused:
            # What contradicts is kept: not to be taken back with the request, as a refusal that is raised would be.
            told = problem_document(status=409, code=answered.refused.code, detail=answered.refused.detail)
            return Response(told, status=409, content_type=PROBLEM)
        done = answered.request
        told = {"id": str(done.pk), "status": change_status(done), "reason": done.answer}
        return Response(ChangeOutput(told).data)
