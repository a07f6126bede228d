"""Who may open a page of `/my/`: a customer who proved their phone in this session."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache

from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer
from shopcomm.core.accounts.proofs import MY_SESSION_KEY, my_customer
from shopcomm.edge.portal.middleware import PageOwner, is_opened, set_page_language
from shopcomm.edge.portal.visits import with_private_headers


class MyRequest(HttpRequest):
    """What a view behind `customer_required` gets: a customer with all their orders."""

    actor: Actor
    customer: Customer


View = Callable[..., HttpResponse]


def customer_required(view: View) -> View:
    """Lets in customers after a code; sends everybody else to the log-in, staff too: they have the desk."""

    @wraps(view)
    @never_cache
    def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        customer = None if request.user.is_authenticated else my_customer(request.session)
        if customer is None:
            wanted = request.get_full_path() if request.method == "GET" else reverse("my:orders")
            return redirect(f"{reverse('my:login')}?{urlencode({'next': wanted})}")
        request.customer, request.actor = customer, Actor.customer(customer)
        request.page_owner = PageOwner.of_customer(customer)
        set_page_language(request, customer, opened=request.method == "GET" and is_opened(request))
        return with_private_headers(view(request, *args, **kwargs))

    return guarded


def enter_as_customer(request: HttpRequest, customer: Customer) -> None:
    """Make this session the customer's. It gets a new key, and its former content is removed."""
    request.session.flush()
    # The phone too: whoever gets another number, or whose number went to somebody else, proves it anew.
    request.session[MY_SESSION_KEY] = [customer.pk, customer.phone]
