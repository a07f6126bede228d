"""No answer about anybody is kept by a browser or a proxy: every address of the site is asked."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from messaging.models import NotificationRule
from messaging.services.messages import send_message
from messaging.services.notifications.rules import ensure_default_rules
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.services.order_links import link_token, make_link

pytestmark = pytest.mark.django_db

# About nobody: the app's own files. They may be kept, or asked about each time.
PUBLIC = {"/sw.js", "/manifest.webmanifest", "/favicon.ico", "/offline/", "/emoji/", "/admin/jsi18n/"}


def routes(resolver: URLResolver | None = None, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every pattern of the site with the whole of its route; the admin is asked for its pages by its own lists."""
    for each in (resolver or get_resolver()).url_patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLPattern):
            yield route, each
        elif route != "admin/":
            yield from routes(each, route)


@pytest.fixture
def known(order, sales) -> dict[str, Any]:
    """What stands for each part of a route that varies: things that are there, so that pages answer, not 404s."""
    ensure_default_rules()
    talk = order.conversation.pk
    sent = send_message(
        actor=Actor.staff(sales), conversation_id=talk, client_id=uuid4(), kind="text", body="您好"
    )
    token = link_token(make_link(customer=order.customer, order_id=order.pk))
    ids = {"conversation_id": talk, "line_id": order.lines.get().pk, "seq": sent.message.seq}
    ids |= {
        "rule_id": NotificationRule.objects.first().pk,
        "pk": talk,
        "product_id": order.lines.get().variant.product_id,
    }
    return ids | {"number": order.number, "token": token, "sku": order.lines.get().sku}  # fmt: skip


def address(pattern: URLPattern, route: str, known: dict[str, Any]) -> str:
    """A route with its parts filled in."""
    for name, converter in pattern.pattern.converters.items():
        kind = type(converter).__name__
        blank = {"IntConverter": 1, "UUIDConverter": uuid4()}.get(kind, "x")
        value = blank if kind == "UUIDConverter" else known.get(name, blank)
        start = route.index("<")
        assert route[start : route.index(">")].endswith(name)
        route = f"{route[:start]}{value}{route[route.index('>') + 1 :]}"
    return "/" + route


def test_every_url_except_public_files_answers_with_no_store(known, log_in, manager, phone, api, warehouse):
    visitors = {"manager": log_in(manager), "customer": phone, "nobody": Client(), "key": api}
    for client in visitors.values():
        # What breaks is answered with a page, too.
        client.raise_request_exception = False
    kept, asked, answered = [], 0, 0
    for route, pattern in routes():
        path = address(pattern, route, known)
        if path in PUBLIC:
            continue
        for who, client in visitors.items():
            for method in ("get", "post"):
                if path in ("/logout/", "/my/logout/") and method == "post":
                    continue
                answer = getattr(client, method)(path)
                asked, answered = asked + 1, answered + (answer.status_code == 200)
                rule = answer.headers.get("Cache-Control", "")
                if not {"private", "no-store"} <= {part.strip() for part in rule.split(",")}:
                    kept.append((who, method, path, answer.status_code, rule))
    assert kept == []
    # A walk that reached nothing but refusals would prove nothing.
    assert (asked > 900, answered > 60) == (True, True)


def test_no_admin_page_may_be_cached(client, log_in, manager):
    log_in(manager)
    for model in admin.site._registry:
        path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        assert "no-store" in client.get(path).headers["Cache-Control"], path


@pytest.mark.parametrize("path", sorted(PUBLIC - {"/admin/jsi18n/"}))
def test_impersonal_files_say_how_long_they_may_be_cached(client, path):
    assert "max-age" in client.get(path).headers["Cache-Control"]
