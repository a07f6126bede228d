"""What a customer wants of notices: rest, kinds, and whether the phone may ring."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from messaging.selectors.wishes import kinds_for
from messaging.services.subscriptions import set_wishes, wishes_of
from shopcomm.core import reading
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.services.order_links import open_link
from shopcomm.edge.portal.views import closed, private


@require_http_methods(["GET", "POST"])
@never_cache
def wishes(request: HttpRequest, token: str) -> HttpResponse:
    """The settings behind a customer's link; staff may look."""
    link = open_link(token)
    if link is None:
        return closed(request)
    actor = Actor.customer(link.customer, order_id=link.order_id)
    preview = request.user.is_authenticated
    if request.method == "POST" and not preview:
        keep_wishes(request, actor)
        return redirect("portal:wishes", token)
    context = wishes_context(actor) | {
        "back_url": reverse("portal:order", args=[token]),
        "back_label": _("返回订单进度"),
        "push_path": reverse("portal:chat", args=[token]),
        "preview": preview,
    }
    return private(render(request, "portal/wishes.html", context))


def keep_wishes(request: HttpRequest, actor: Actor) -> None:
    """Do as the form says."""
    wanted = set(request.POST.getlist("kind"))
    set_wishes(
        actor=actor,
        quiet_from=reading.clock(request.POST.get("quiet_from")),
        quiet_to=reading.clock(request.POST.get("quiet_to")),
        muted=[kind.trigger for kind in kinds_for(wishes_of(actor)) if kind.trigger not in wanted],
    )
    messages.success(request, _("设置已保存"))


def wishes_context(actor: Actor) -> dict[str, Any]:
    """What the form shows."""
    known = wishes_of(actor)
    return {"wishes": known, "kinds": kinds_for(known)}
