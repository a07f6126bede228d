"""What makes the site an app on a phone: manifest, service worker, and the agreement to be woken."""

import hashlib
import json
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_http_methods, require_safe

from messaging.services.channels.push import push_key
from messaging.services.subscriptions import Entry, forget_browser, remember_browser
from shopcomm.core import reading
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.proofs import link_of
from shopcomm.core.configuration.models import ShopSettings, shop_settings
from shopcomm.core.http.parsers import raw_body
from shopcomm.core.http.problems import PROBLEM, problem_document, refusal_answer
from shopcomm.core.outcomes import run_service
from shopcomm.core.ui.assets import ON_EVERY_PAGE, is_bundled, module_map, stylesheet_paths, with_imports

LARGEST_BODY = 4096
MODULES = (
    *ON_EVERY_PAGE,
    "lib/netbar.js",
    "messaging/pane.js",
    "portal/progress.js",
    "portal/unread.js",
    "portal/offline.js",
    "portal/ask_push.js",
    "portal/photos.js",
)
PICTURES = ("icons/logo.svg", "icons/favicon.svg", "bags/duffel-grey.svg")


@require_safe
@cache_control(max_age=0, must_revalidate=True)
def service_worker(request: HttpRequest) -> HttpResponse:
    """The worker, at the root so that it serves every page."""
    files = shelf_files()
    version = hashlib.sha256("\n".join(files).encode()).hexdigest()[:12]
    context = {"files": json.dumps(files), "version": version}
    return render(request, "portal/sw.js", context, content_type="text/javascript")


@cache
def shelf_files() -> list[str]:
    """What a customer's page needs without a network; the names change with the content."""
    sheets = stylesheet_paths("customer", "portal", "login", bundled=is_bundled())
    modules = [module_map()[name] for name in with_imports(*MODULES)]
    return [*(static(path) for path in (*sheets, *PICTURES)), *modules]


@require_safe
@cache_control(max_age=0, must_revalidate=True)
def offline_page(request: HttpRequest) -> HttpResponse:
    """What the worker shows for a page that it does not have. It is about nobody."""
    return render(request, "portal/offline.html")


@require_safe
@cache_control(max_age=3600)
def web_manifest(request: HttpRequest) -> JsonResponse:
    """The web app's manifest. `start` is the page it was installed from: a customer's own order."""
    start = request.GET.get("start", "/")
    own = start if start.startswith("/") and not start.startswith("//") else "/"
    shop = shop_settings()
    name = shop.shop_name
    # The shop's own people install the product; their customers install the shop.
    pictures = icons_of(shop if "start" in request.GET else None)
    icons = [
        {"src": src, "sizes": f"{side}x{side}", "type": "image/png", "purpose": purpose}
        for side, src in pictures.items()
        for purpose in ("any", "maskable")
    ]
    return JsonResponse(
        {
            "name": name,
            "short_name": name,
            "lang": settings.LANGUAGE_CODE,
            "start_url": own,
            "scope": "/",
            "display": "standalone",
            "background_color": "#f3f5f4",
            "theme_color": "#0e6b52",
            "icons": icons,
        },
        content_type="application/manifest+json",
    )


def icons_of(shop: ShopSettings | None) -> dict[int, str]:
    """The URLs of the app's icons by size: made from the shop's logo if it has one, else the product's."""
    own: dict[int, Any] = {192: shop.icon_192, 512: shop.icon_512} if shop else {}
    return {side: own[side].url if own.get(side) else static(f"icons/app-{side}.png") for side in (192, 512)}


@require_safe
@cache_control(max_age=86400)
def favicon_file(request: HttpRequest) -> HttpResponse:
    """Browsers request this name whatever the page says."""
    return redirect(static("icons/favicon.svg"), permanent=False)


@require_http_methods(["GET", "POST", "DELETE"])
@never_cache
def push_subscription(request: HttpRequest) -> HttpResponse:
    """GET the shop's public key; POST this browser's subscription; DELETE takes it back."""
    if request.method == "GET":
        return JsonResponse({"key": push_key().public})
    actor: Actor | None = request.actor  # type: ignore[attr-defined]
    if actor is None:
        body = problem_document(status=403, code="forbidden")
        return JsonResponse(body, status=403, content_type=PROBLEM)
    given = _given(request)
    if request.method == "DELETE":
        forget_browser(actor=actor, endpoint=str(given.get("endpoint", "")))
        return HttpResponse(status=204)
    link = link_of(request.session, request.speaks_as)  # type: ignore[arg-type, attr-defined]
    entry = Entry(link, request.session.session_key or "")
    outcome = run_service(
        lambda: remember_browser(
            actor=actor,
            subscription=given,
            path=str(given.get("path", "/")),
            entry=entry,
            renew=given.get("renew") is True,
        )
    )
    return refusal_answer(outcome.refusal) if outcome.refusal else HttpResponse(status=201)


def _given(request: HttpRequest) -> dict[str, Any]:
    return reading.json_object(raw_body(request)[:LARGEST_BODY]) or {}
