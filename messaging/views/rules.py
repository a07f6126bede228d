"""The rules page: what is sent to whom, trying a rule out, and all of its versions."""

from datetime import time
from typing import Any

from django.contrib import messages
from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from messaging.forms import LANGUAGES, LONGEST_STEP, MOST_CHANNELS, RuleForm
from messaging.models import Channel, NotificationRule, RuleVersion
from messaging.models.rules import Outside
from messaging.policies.notifications.templates import TemplateBroken, sms_parts, variables_for
from messaging.selectors.notifications import rule_figures
from messaging.selectors.reach import channels_reach, tags_in_use
from messaging.selectors.rule_versions import rule_changes
from messaging.services.notifications.preview import (
    preview_template,
    preview_times,
    sample_orders,
    send_trial_notice,
)
from messaging.services.notifications.rehearsal import rehearse_rule
from messaging.services.notifications.rules import restore_version, save_rule
from orders.models import Order
from shopcomm.core import reading
from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.configuration.calendar import today_in_shop, working_calendar

TRIED_BY_DEFAULT = time(2, 13)
DAY_MINUTES = 24 * 60


@require_http_methods(["GET", "POST"])
@right_required("admin")
def rule_page(request: ShopRequest, rule_id: int | None = None) -> HttpResponse:
    """One rule beside the list of all; without a number the first one, `new` an empty one."""
    rule = get_object_or_404(NotificationRule, pk=rule_id) if rule_id else None
    form = RuleForm(request.POST or None, instance=rule)
    if request.method == "POST" and form.is_valid():
        saved = save_rule(actor=request.actor, rule=form.save(commit=False), templates=form.templates())
        messages.success(request, _("规则已保存，第 %(version)s 版") % {"version": saved.version})
        return redirect("messaging:rule", saved.pk)
    return render(request, "messaging/rules/rule.html", _page(rule, form), status=422 if form.errors else 200)


@require_GET
@right_required("admin")
def rules_index(request: ShopRequest) -> HttpResponse:
    """To the first rule: the list is beside each."""
    first = NotificationRule.objects.order_by("pk").first()
    return redirect("messaging:rule", first.pk) if first else redirect("messaging:rule-new")


def _page(rule: NotificationRule | None, form: RuleForm) -> dict[str, Any]:
    trigger = form["trigger"].value() or "order_confirmed"
    orders = sample_orders(trigger)
    return {
        "active": "rules",
        "form": form,
        "problems": _problems(form),
        "rule": rule,
        "rules": NotificationRule.objects.prefetch_related("templates"),
        "words": variables_for(trigger),
        "languages": [_language_fields(form, code) for code in LANGUAGES],
        "channels": [form[f"channel_{place}"] for place in range(MOST_CHANNELS)],
        "orders": orders,
        "reach": channels_reach(),
        "tags": tags_in_use(),
        "changed": rule.versions.first() if rule else None,
        "figures": rule_figures(rule) if rule else None,
        **_tried(form, trigger, orders[0] if orders else None, TRIED_BY_DEFAULT, LANGUAGES[0]),
    }


def _problems(form: RuleForm) -> list[tuple[str, str, str]]:
    """Everything that keeps a rule from being saved, for the top of the page: the field, its name, what is wrong."""
    found = []
    for name, errors in form.errors.items():
        if name in form.fields:
            code = next((code for code in LANGUAGES if name.startswith(f"body_{code}")), "")
            label = (
                f"{form[name].label} · {translation.get_language_info(code)['name_local']}"
                if code
                else form[name].label
            )
            found.append((form[name].id_for_label, str(label), str(errors[0])))
    return found


def _language_fields(form: RuleForm, code: str) -> dict[str, Any]:
    return {
        "code": code,
        "name": translation.get_language_info(code)["name_local"],
        "main": form[f"body_{code}"],
        "own": [form[f"body_{code}_{channel}"] for channel in Channel.values],
    }


@require_POST
@right_required("admin")
def try_rule(request: ShopRequest) -> HttpResponse:
    """What the form as it stands would tell, and when. Nothing is saved."""
    rule = NotificationRule.objects.filter(pk=reading.whole_number(request.GET.get("rule")) or 0).first()
    form = RuleForm(request.POST, instance=rule)
    form.is_valid()
    trigger = request.POST.get("trigger", "")
    language = _language(request)
    moment = reading.time_of_day(request.POST.get("tried_at")) or TRIED_BY_DEFAULT
    order = _order(request)
    context = _tried(form, trigger, order, moment, language) | {
        "errors": form.errors.get(f"body_{language}"),
        "words": variables_for(trigger),
    }
    return render(request, "messaging/rules/_tried.html", context)


def _language(request: HttpRequest) -> str:
    """Whose words are tried; the shop's own for a language that has none."""
    asked = request.POST.get("language", "")
    return asked if asked in LANGUAGES else LANGUAGES[0]


def _order(request: HttpRequest) -> Order | None:
    orders = Order.objects.select_related("customer").prefetch_related("lines")
    return orders.filter(number=request.POST.get("sample", "")).first()


def _tried(form: RuleForm, trigger: str, order: Order | None, moment: time, language: str) -> dict[str, Any]:
    with translation.override(language):
        shown = preview_template(form[f"body_{language}"].value() or "", trigger, order)
    outside = form["outside"].value()
    rule = NotificationRule(
        delay_minutes=reading.whole_number(form["delay_minutes"].value(), most=LONGEST_STEP) or 0,
        outside=outside if outside in Outside.values else Outside.WAIT,
    )
    tried = preview_times(rule, moment, today_in_shop(timezone.now()))
    return {
        "preview": shown,
        "sms_parts": sms_parts(shown.text),
        "tried_at": f"{moment:%H:%M}",
        "tried": tried,
        "clock": _clock(tried),
    }


def _clock(tried: Any) -> dict[str, Any]:
    """A day as a line of 640 units: when the shop works, and where the notices fall."""

    def place(minutes: float) -> int:
        return round(minutes / DAY_MINUTES * 640)

    def minutes_of(moment: Any) -> float:
        local = timezone.localtime(moment)
        later = local.date() > timezone.localtime(tried.happened_at).date()
        return DAY_MINUTES if later else local.hour * 60 + local.minute

    day = timezone.localtime(tried.happened_at).date()
    spans = []
    for span in working_calendar().hours_of(day):
        start, end = (span.opens.hour * 60 + span.opens.minute, span.closes.hour * 60 + span.closes.minute)
        end = end if end > start else DAY_MINUTES
        spans.append({"x": place(start), "width": place(end - start)})
    return {
        "spans": spans,
        "start": place(minutes_of(tried.happened_at)),
        "ordinary": place(minutes_of(tried.ordinary.send_at)),
        "urgent": place(minutes_of(tried.urgent.send_at)),
    }


@require_POST
@right_required("admin")
def try_on_me(request: ShopRequest, rule_id: int) -> HttpResponse:
    """Tell the manager what the rule would tell, in the notification centre and through its first channel."""
    rule = get_object_or_404(NotificationRule, pk=rule_id)
    language = _language(request)
    body = request.POST.get(f"body_{language}") or ""
    send_trial_notice(actor=request.actor, rule=rule, body=body, order=_order(request))
    messages.success(request, _("已发给自己，请看通知中心"))
    return redirect("messaging:rule", rule_id)


@require_GET
@right_required("admin")
def rule_rehearsal(request: ShopRequest, rule_id: int) -> HttpResponse:
    """What this rule would have sent last week."""
    rule = get_object_or_404(NotificationRule, pk=rule_id)
    rehearsal = rehearse_rule(rule, timezone.now())
    context = {"active": "rules", "rule": rule, "rehearsal": rehearsal}
    return render(request, "messaging/rules/rehearsal.html", context)


@require_GET
@right_required("admin")
def rule_versions(request: ShopRequest, rule_id: int) -> HttpResponse:
    """Who changed what, and the way back."""
    rule = get_object_or_404(NotificationRule, pk=rule_id)
    versions = list(rule.versions.all())
    steps = [
        (version, rule_changes(version, before))
        for version, before in zip(versions, [*versions[1:], None], strict=True)
    ]
    return render(request, "messaging/rules/versions.html", {"active": "rules", "rule": rule, "steps": steps})


@require_POST
@right_required("admin")
def restore_rule(request: ShopRequest, rule_id: int, number: int) -> HttpResponse:
    """Bring an earlier version back as a new one."""
    try:
        restore_version(actor=request.actor, rule_id=rule_id, number=number)
        messages.success(request, _("已恢复第 %(number)s 版") % {"number": number})
    except (RuleVersion.DoesNotExist, TemplateBroken) as error:
        messages.error(request, str(error))
    return redirect("messaging:rule", rule_id)


@require_POST
@right_required("admin")
def delete_rule(request: ShopRequest, rule_id: int) -> HttpResponse:
    """Remove a rule of the shop's own that has never told anything; any other can be switched off."""
    rule = get_object_or_404(NotificationRule, pk=rule_id, key="")
    try:
        rule.delete()
    except ProtectedError:
        messages.error(request, _("这条规则发过通知，只能停用"))
        return redirect("messaging:rule", rule_id)
    messages.success(request, _("规则已删除"))
    return redirect("messaging:rules")
