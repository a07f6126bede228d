"""Settings of the product with one view of DRF's in place of all addresses: what a call costs that does nothing."""

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shopcomm.settings.base import *  # noqa: F403

ROOT_URLCONF = "benchmarks.floor.empty_view"


class EmptyView(APIView):
    """Answers any call."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()

    def get(self, request: Request) -> Response:
        return Response({})

    def post(self, request: Request) -> Response:
        return Response({})


urlpatterns = [
    path("healthz", EmptyView.as_view()),
    path("api/v1/inbound/orders/", EmptyView.as_view()),
]
