"""简体中文 / English on a customer's page: for this browser, and for what the shop writes to the customer from now on."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from shopcomm.core.accounts.services.customers import keep_customer_language
from shopcomm.core.accounts.services.order_links import open_link
from shopcomm.edge.portal.my.access import MyRequest, customer_required
from shopcomm.edge.portal.visits import link_closed


@require_POST
@never_cache
def choose_link_language(request: HttpRequest, token: str) -> HttpResponseBase:
    """From a page of a link. Staff who look at it choose for themselves only."""
    link = open_link(token)
    if link is None:
        return link_closed(request)
    if not request.user.is_authenticated:
        keep_customer_language(customer=link.customer, language=request.POST.get("language", ""))
    return set_language(request)


@require_POST
@customer_required
def choose_own(request: MyRequest) -> HttpResponse:
    """From a page behind the code."""
    keep_customer_language(customer=request.customer, language=request.POST.get("language", ""))
    return set_language(request)  # type: ignore[return-value]
