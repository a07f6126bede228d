"""Endpoints: made, changed, paused, given a new secret, taken away."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.services.rights import require_right
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.models import Reader
from shopcomm.core.events.readers import add_reader
from shopcomm.core.outbound.calls import AddressRefused, Reach, check_outbound
from shopcomm.core.reading import is_readable
from shopcomm.core.sealing import seal_text
from shopcomm.edge.integrations.webhook_secrets import OVERLAP, new_webhook_secret
from shopcomm.edge.integrations.webhooks_out.errors import EndpointRefused, UrlRefused
from shopcomm.edge.integrations.webhooks_out.event_types import unknown_types
from shopcomm.edge.integrations.webhooks_out.models import WebhookDelivery, WebhookEndpoint
from shopcomm.edge.integrations.webhooks_out.payloads import FORMATS, LATEST
from shopcomm.edge.integrations.webhooks_out.signing import (
    HEADER_NAME,
    OUR_HEADERS,
    seal_headers,
)

# The kind of an endpoint's reader of the log.
READER_KIND = "webhook"
LONGEST_URL, MOST_HEADERS, LONGEST_HEADER = 500, 20, 2000
State = WebhookEndpoint.State


@dataclass(frozen=True, kw_only=True)
class EndpointSettings:
    """What somebody wants an endpoint to be. `headers`: None leaves them as they are."""

    url: str
    event_types: list[str]
    description: str = ""
    payload_version: str = LATEST
    headers: Mapping[str, str] | None = field(default=None, repr=False)


def webhook_reach() -> Reach:
    """Endpoints are public and speak TLS; others are named by the operator. Never this machine by itself."""
    return Reach(named=settings.WEBHOOK_ALLOWED_HOSTS)


def create_endpoint(*, actor: Actor, wanted: EndpointSettings) -> tuple[WebhookEndpoint, str]:
    """A new endpoint, which is told of what happens from now on, and its secret, which is shown this once.

    Raises NotAllowed, EndpointRefused.
    """
    require_right(actor, "webhooks.manage")
    _check(wanted)
    secret = new_webhook_secret()
    with transaction.atomic():
        endpoint = WebhookEndpoint(sealed_secret=seal_text(secret))
        _put(endpoint, wanted)
        endpoint.save()
        add_reader(name=endpoint.reader_name, kind=READER_KIND, configuration={"endpoint": endpoint.pk})
    return endpoint, secret


def edit_endpoint(*, actor: Actor, endpoint_id: int, wanted: EndpointSettings) -> WebhookEndpoint:
    """Change an endpoint. What waits goes to the new address. Raises NotAllowed, EndpointRefused, DoesNotExist."""
    require_right(actor, "webhooks.manage")
    _check(wanted)
    with transaction.atomic():
        endpoint = lock_endpoint(endpoint_id)
        _put(endpoint, wanted)
        endpoint.save()
    return endpoint


@transaction.atomic
def rotate_secret(*, actor: Actor, endpoint_id: int) -> tuple[WebhookEndpoint, str]:
    """A new secret, shown this once; the one before it signs as well for OVERLAP. Raises NotAllowed, DoesNotExist."""
    require_right(actor, "webhooks.manage")
    endpoint, secret = lock_endpoint(endpoint_id), new_webhook_secret()
    endpoint.sealed_old_secret = endpoint.sealed_secret
    endpoint.old_secret_until = timezone.now() + OVERLAP
    endpoint.sealed_secret = seal_text(secret)
    endpoint.save(update_fields=["sealed_secret", "sealed_old_secret", "old_secret_until"])
    return endpoint, secret


@transaction.atomic
def pause_endpoint(*, actor: Actor, endpoint_id: int) -> WebhookEndpoint:
    """Send nothing there for now; what happens meanwhile waits. Raises NotAllowed, DoesNotExist."""
    require_right(actor, "webhooks.manage")
    endpoint = lock_endpoint(endpoint_id)
    if endpoint.state == State.ACTIVE:
        endpoint.state = State.PAUSED
        endpoint.save(update_fields=["state"])
    return endpoint


@transaction.atomic
def delete_endpoint(*, actor: Actor, endpoint_id: int) -> None:
    """Take an endpoint away, with its deliveries. Raises NotAllowed, DoesNotExist."""
    require_right(actor, "webhooks.manage")
    # Whoever reads for it has this row first, and the endpoint's then.
    name = WebhookEndpoint(pk=endpoint_id).reader_name
    Reader.objects.select_for_update().filter(name=name).first()
    endpoint = lock_endpoint(endpoint_id)
    Reader.objects.filter(name=name).delete()
    WebhookDelivery.objects.filter(endpoint=endpoint).delete()
    endpoint.delete()


def lock_endpoint(endpoint_id: int) -> WebhookEndpoint:
    """The endpoint, its row locked until the transaction ends. Raises DoesNotExist."""
    return WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint_id)


def _put(endpoint: WebhookEndpoint, wanted: EndpointSettings) -> None:
    endpoint.url, endpoint.description = wanted.url.strip(), wanted.description
    endpoint.event_types = list(dict.fromkeys(wanted.event_types))
    endpoint.payload_version = wanted.payload_version
    if wanted.headers is not None:
        endpoint.sealed_headers = seal_headers(dict(wanted.headers))


def _check(wanted: EndpointSettings) -> None:
    """Raises EndpointRefused. Looks the address's name up, so nothing is locked meanwhile."""
    if not wanted.event_types:
        raise EndpointRefused(_("至少选一种事件"), field="event_types")
    if unknown := unknown_types(wanted.event_types):
        raise EndpointRefused(
            _("没有这种事件：%(names)s") % {"names": ", ".join(unknown)}, field="event_types"
        )
    if wanted.payload_version not in FORMATS:
        raise EndpointRefused(_("没有这个内容版本"), field="payload_version")
    _check_headers(wanted.headers or {})
    if not is_readable(wanted.url) or len(wanted.url) > LONGEST_URL:
        raise UrlRefused(_("太长，或有读不出的字符"))
    try:
        check_outbound(wanted.url.strip(), webhook_reach())
    except AddressRefused as error:
        raise UrlRefused(str(error)) from error


def _check_headers(headers: Mapping[str, str]) -> None:
    if len(headers) > MOST_HEADERS:
        raise EndpointRefused(_("最多 %(most)s 个请求头") % {"most": MOST_HEADERS}, field="headers")
    for name, value in headers.items():
        if not HEADER_NAME.fullmatch(name) or name.lower() in OUR_HEADERS:
            raise EndpointRefused(_("不能设置请求头 %(name)s") % {"name": name[:80]}, field="headers")
        if len(value) > LONGEST_HEADER or not value.isprintable() or not value.isascii():
            raise EndpointRefused(
                _("请求头 %(name)s 的内容只能是可见的英文字符") % {"name": name[:80]}, field="headers"
            )
