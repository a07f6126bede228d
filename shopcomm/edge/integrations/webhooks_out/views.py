"""Pages of webhooks out, for managers: endpoints, their last deliveries, one delivery with every attempt."""

from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shopcomm.core import reading
from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.accounts.confirming import password_first_on_page
from shopcomm.core.http.outcomes import run_and_tell
from shopcomm.core.http.sent_forms import run_form_once
from shopcomm.core.outcomes import Outcome, run_service
from shopcomm.edge.integrations.webhooks_out.errors import EndpointRefused
from shopcomm.edge.integrations.webhooks_out.forms import EndpointForm, form_of
from shopcomm.edge.integrations.webhooks_out.models import WebhookDelivery, WebhookEndpoint
from shopcomm.edge.integrations.webhooks_out.selectors import endpoints_with_counts, latest_deliveries
from shopcomm.edge.integrations.webhooks_out.services.endpoints import (
    create_endpoint,
    delete_endpoint,
    edit_endpoint,
    pause_endpoint,
    rotate_secret,
)
from shopcomm.edge.integrations.webhooks_out.services.redelivery import (
    redeliver_chosen,
    redeliver_one,
    redeliver_since,
    resume_endpoint,
    send_test_event,
)
from shopcomm.edge.integrations.webhooks_out.signing import header_names

PAGES = "integrations/webhooks/"


@require_safe
@right_required("admin")
def endpoint_list(request: ShopRequest) -> HttpResponse:
    """Every endpoint with its state."""
    return render(
        request, f"{PAGES}list.html", {"active": "integrations", "endpoints": endpoints_with_counts()}
    )


@require_http_methods(["GET", "POST"])
@right_required("admin")
@password_first_on_page
def new_endpoint(request: ShopRequest) -> HttpResponse:
    """A form for an endpoint; its secret is in the answer, and nowhere later."""
    form = EndpointForm(request.POST or None, initial={"event_types": ["*"]})
    if request.method != "POST" or not form.is_valid():
        return _form_page(request, form, None)
    secrets: list[str] = []

    def make() -> str:
        endpoint, secret = create_endpoint(actor=request.actor, wanted=form.wanted())
        secrets.append(secret)
        return str(endpoint.pk)

    outcome = run_service(lambda: run_form_once(request, make))
    if outcome.refusal:
        return _refused(request, form, None, outcome)
    endpoint = get_object_or_404(WebhookEndpoint, pk=outcome.result)
    if not secrets:
        messages.info(request, _("这个地址已经添加；密钥只显示一次，没有记下就更换一个"))
        return redirect("webhooks_out:endpoint", endpoint.pk)
    return _secret_page(request, endpoint, secrets[0])


@require_http_methods(["GET", "POST"])
@right_required("admin")
@password_first_on_page
def endpoint_settings(request: ShopRequest, pk: int) -> HttpResponse:
    """The same form for an endpoint that there is."""
    endpoint = get_object_or_404(WebhookEndpoint, pk=pk)
    form = EndpointForm(request.POST or None, initial=form_of(endpoint))
    if request.method != "POST" or not form.is_valid():
        return _form_page(request, form, endpoint)
    wanted = form.wanted(keep_headers=not request.POST.get("clear_headers"))
    outcome = run_service(lambda: edit_endpoint(actor=request.actor, endpoint_id=pk, wanted=wanted))
    if outcome.refusal:
        return _refused(request, form, endpoint, outcome)
    messages.success(request, _("已保存"))
    return redirect("webhooks_out:endpoint", pk)


def _form_page(
    request: ShopRequest, form: EndpointForm, endpoint: WebhookEndpoint | None, status: int = 422
) -> HttpResponse:
    form.mark_errors()
    names = header_names(endpoint) if endpoint else []
    context = {"active": "integrations", "form": form, "endpoint": endpoint, "header_names": names}
    return render(request, f"{PAGES}form.html", context, status=status if form.errors else 200)


def _refused(
    request: ShopRequest, form: EndpointForm, endpoint: WebhookEndpoint | None, outcome: Outcome
) -> HttpResponse:
    field = outcome.refusal.field if isinstance(outcome.refusal, EndpointRefused) else None
    form.add_error(field if field in form.fields else None, outcome.text)
    return _form_page(request, form, endpoint, outcome.status)


def _secret_page(request: ShopRequest, endpoint: WebhookEndpoint, secret: str) -> HttpResponse:
    context = {"active": "integrations", "endpoint": endpoint, "secret": secret}
    return render(request, f"{PAGES}secret.html", context)


@require_safe
@right_required("admin")
def endpoint_page(request: ShopRequest, pk: int) -> HttpResponse:
    """An endpoint with its last hundred deliveries; for a script the list alone."""
    endpoint = get_object_or_404(endpoints_with_counts(), pk=pk)
    state = request.GET.get("state", "")
    context = {
        "active": "integrations",
        "endpoint": endpoint,
        "deliveries": latest_deliveries(endpoint, state),
        "shown": state,
        "states": WebhookDelivery.State.choices,
    }
    part = "X-Fragment" in request.headers
    return render(request, f"{PAGES}{'_deliveries' if part else 'endpoint'}.html", context)


@require_safe
@right_required("admin")
def delivery_page(request: ShopRequest, pk: int) -> HttpResponse:
    """One delivery: what is sent, and what was answered to each attempt."""
    delivery = get_object_or_404(WebhookDelivery.objects.select_related("endpoint"), pk=pk)
    context = {
        "active": "integrations",
        "delivery": delivery,
        "tries": delivery.tries.order_by("-started_at", "-pk"),
    }
    return render(request, f"{PAGES}delivery.html", context)


@require_http_methods(["GET", "POST"])
@right_required("admin")
@password_first_on_page
def new_secret_of(request: ShopRequest, pk: int) -> HttpResponse:
    """A new secret, shown in the answer; a form that is sent twice makes one. Who comes from giving the password presses again."""
    get_object_or_404(WebhookEndpoint, pk=pk)
    secrets: list[str] = []
    if request.method != "POST":
        return redirect("webhooks_out:endpoint", pk)

    def rotate() -> str:
        secrets.append(rotate_secret(actor=request.actor, endpoint_id=pk)[1])
        return str(pk)

    run_form_once(request, rotate)
    if not secrets:
        return redirect("webhooks_out:endpoint", pk)
    return _secret_page(request, get_object_or_404(WebhookEndpoint, pk=pk), secrets[0])


@require_POST
@right_required("admin")
def change_state(request: ShopRequest, pk: int, to: str) -> HttpResponse:
    """Pause an endpoint, or have it served again."""
    get_object_or_404(WebhookEndpoint, pk=pk)
    change: Callable[..., WebhookEndpoint] = resume_endpoint if to == "resume" else pause_endpoint
    said = _("已恢复推送") if to == "resume" else _("已暂停推送，期间的事件会等着")
    run_and_tell(request, lambda: change(actor=request.actor, endpoint_id=pk), said)
    return redirect("webhooks_out:endpoint", pk)


@require_POST
@right_required("admin")
def remove_endpoint(request: ShopRequest, pk: int) -> HttpResponse:
    """Take an endpoint away."""
    get_object_or_404(WebhookEndpoint, pk=pk)
    run_and_tell(request, lambda: delete_endpoint(actor=request.actor, endpoint_id=pk), _("已删除"))
    return redirect("webhooks_out:endpoints")


@require_POST
@right_required("admin")
def try_endpoint(request: ShopRequest, pk: int) -> HttpResponse:
    """Send it a test."""
    get_object_or_404(WebhookEndpoint, pk=pk)
    run_and_tell(request, lambda: send_test_event(actor=request.actor, endpoint_id=pk), _("测试事件已发出"))
    return redirect("webhooks_out:endpoint", pk)


@require_POST
@right_required("admin")
def send_chosen(request: ShopRequest, pk: int) -> HttpResponse:
    """Send the chosen deliveries again."""
    get_object_or_404(WebhookEndpoint, pk=pk)
    asked = [reading.whole_number(each) for each in request.POST.getlist("delivery")]
    chosen = [each for each in asked if each]
    if not chosen:
        messages.error(request, _("请先勾选要重发的"))
        return redirect("webhooks_out:endpoint", pk)
    work = lambda: _told_count(redeliver_chosen(actor=request.actor, endpoint_id=pk, delivery_ids=chosen))  # noqa: E731
    run_and_tell(request, work)
    return redirect("webhooks_out:endpoint", pk)


@require_POST
@right_required("admin")
def send_missed(request: ShopRequest, pk: int) -> HttpResponse:
    """Send again all that failed or was skipped since a moment."""
    get_object_or_404(WebhookEndpoint, pk=pk)
    since = _moment(request.POST.get("since", ""))
    if since is None:
        messages.error(request, _("请填写从什么时候起"))
        return redirect("webhooks_out:endpoint", pk)
    run_and_tell(
        request, lambda: _told_count(redeliver_since(actor=request.actor, endpoint_id=pk, since=since))
    )
    return redirect("webhooks_out:endpoint", pk)


@require_POST
@right_required("admin")
def send_delivery_again(request: ShopRequest, pk: int) -> HttpResponse:
    """Send one delivery again."""
    get_object_or_404(WebhookDelivery, pk=pk)
    run_and_tell(request, lambda: redeliver_one(actor=request.actor, delivery_id=pk), _("几秒内会重发"))
    return redirect("webhooks_out:delivery", pk)


def _told_count(count: int) -> str:
    return _("重发：%(count)s 条") % {"count": count}


def _moment(text: str) -> datetime | None:
    """A moment as the field of a page sends it, in the shop's time."""
    found = reading.iso_moment(text)
    return timezone.make_aware(found) if found and timezone.is_naive(found) else found
