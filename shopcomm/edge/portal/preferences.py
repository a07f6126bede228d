"""What a customer wants of notices: rest, kinds, and whether the phone may ring."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from messaging.models import NotificationPreference
from messaging.selectors.notice_preferences import notice_groups_for, notice_kinds_for
from messaging.services.subscriptions import notice_preferences_of, set_notice_preferences
from shopcomm.core import reading
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.outcomes import run_service
from shopcomm.edge.portal.visits import Visit, link_required


@require_http_methods(["GET", "POST"])
@link_required
def link_preferences_page(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The settings behind a customer's link; staff may look."""
    refusal, token = "", visit.token
    if request.method == "POST" and not visit.preview:
        refusal = save_preferences_form(request, visit.actor)
        if not refusal:
            return redirect("portal:wishes", token)
    context = preferences_context(visit.actor, request.POST if refusal else None) | {
        "refusal": refusal,
        "back_url": reverse("portal:order", args=[token]),
        "back_label": _("返回订单进度"),
        "push_path": reverse("portal:chat", args=[token]),
        "preview": visit.preview,
    }
    return render(request, "portal/wishes.html", context, status=422 if refusal else 200)


def save_preferences_form(request: HttpRequest, actor: Actor) -> str:
    """Do as the form says; returns why it could not be done, blank when it was."""
    outcome = run_service(
        lambda: set_notice_preferences(
            actor=actor,
            quiet_from=reading.time_of_day(request.POST.get("quiet_from")),
            quiet_to=reading.time_of_day(request.POST.get("quiet_to")),
            muted=_muted(notice_preferences_of(actor), request.POST),
        )
    )
    if not outcome.refusal:
        messages.success(request, _("设置已保存"))
    return outcome.text


def _muted(known: NotificationPreference, post: QueryDict) -> list[str]:
    """A group that is switched off is off as a whole; one that is switched on anew comes as a whole."""
    if "grouped" not in post:
        return [kind.trigger for kind in notice_kinds_for(known) if kind.trigger not in post.getlist("kind")]
    muted: list[str] = []
    for group in notice_groups_for(known):
        mine = [kind.trigger for kind in group.kinds if not kind.fixed]
        ticked = set(post.getlist("kind")) & set(mine)
        if group.key not in post.getlist("group"):
            muted += mine
        elif ticked or group.is_on:
            muted += [each for each in mine if each not in ticked]
    return muted


def preferences_context(actor: Actor, typed: QueryDict | None = None) -> dict[str, Any]:
    """What the form shows: the saved preferences, or the refused input."""
    known = notice_preferences_of(actor)
    if typed is not None:
        known.quiet_from, known.quiet_to = (
            reading.time_of_day(typed.get(name)) for name in ("quiet_from", "quiet_to")
        )
        known.muted = _muted(known, typed)
    return {"wishes": known, "groups": notice_groups_for(known)}
