"""Parsing a pasted address for the script of the address fields."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from orders.forms.address import pasted_address
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.http.networks import visitor_network


@require_POST
@never_cache
def read_pasted(request: HttpRequest) -> JsonResponse:
    """The fields found in what somebody pasted, and what to tell them. Whoever sees a form may ask; nothing is kept."""
    pasted = pasted_address(request.POST.get("pasted", ""), who=reader_key(request))
    return JsonResponse({"address": pasted.address, "told": pasted.told}, status=pasted.status)


def reader_key(request: HttpRequest) -> str:
    """Whose readings are counted together."""
    actor: Actor | None = getattr(request, "actor", None)
    return actor.who if actor else f"visitor:{visitor_network(request)}"
