"""简体中文 / English on a customer's page: for this browser, and for what the shop writes to the customer from now on."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from shopcomm.core.accounts.services.customers import keep_customer_language
from shopcomm.edge.portal.my.access import MyRequest, customer_required
from shopcomm.edge.portal.visits import Visit, link_required


@require_POST
@link_required
def choose_link_language(request: HttpRequest, visit: Visit) -> HttpResponse:
    """From a page of a link. Staff who look at it choose for themselves only."""
    if not visit.preview:
        keep_customer_language(customer=visit.link.customer, language=request.POST.get("language", ""))
    return set_language(request)  # type: ignore[return-value]


@require_POST
@customer_required
def choose_own(request: MyRequest) -> HttpResponse:
    """From a page behind the code."""
    keep_customer_language(customer=request.customer, language=request.POST.get("language", ""))
    return set_language(request)  # type: ignore[return-value]
