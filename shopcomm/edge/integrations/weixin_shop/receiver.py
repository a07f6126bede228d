"""Where WeChat calls: `GET` proves that the address is the shop's, `POST` says which order has changed.

What was pushed is an id; it is written down and answered at once, and a worker fetches the order.
"""

import logging
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from shopcomm.core.reading import json_object, whole_number
from shopcomm.core.sealing import CannotUnseal
from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.weixin_shop.codes import KIND
from shopcomm.edge.integrations.weixin_shop.crypto import NotDecryptable, decrypt_push, is_push_signature
from shopcomm.edge.integrations.weixin_shop.models import WeixinDocument, WeixinShop
from shopcomm.edge.integrations.weixin_shop.services.documents import want_documents
from shopcomm.edge.integrations.weixin_shop.services.shops import WeixinCredentials, known_weixin_credentials

log = logging.getLogger(__name__)
LARGEST_PUSH = 64 * 1024
SUCCESS = "success"
# Where in what was pushed an id stands, and of what it is.
IDS = {
    "order_id": WeixinDocument.Kind.ORDER,
    "after_sale_order_id": WeixinDocument.Kind.AFTER_SALE,
}


@csrf_exempt
@require_http_methods(["GET", "POST"])
def weixin_push(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Answer WeChat within its five seconds. 403 for what it has not signed, 503 while the connection is paused or its credentials cannot be read."""
    connection = get_object_or_404(Connection, pk=connection_id, kind=KIND)
    try:
        known = known_weixin_credentials(connection)
    except CannotUnseal:
        # It is pushed again for hours; until then somebody may have entered them anew.
        return _plain("", 503)
    if request.method == "GET":
        is_theirs = is_push_signature(request.GET.get("signature", ""), known.token, *_stamps(request))
        return _plain(request.GET.get("echostr", "")[:200]) if is_theirs else _plain("", 403)
    message = _message(request, known)
    if message is None:
        return _plain("", 403)
    if not connection.is_active:
        # It is pushed again for hours, and what came then is found by the list.
        return _plain("", 503)
    _note_pushed(connection, message)
    return _plain(SUCCESS)


def _stamps(request: HttpRequest) -> tuple[str, str]:
    return request.GET.get("timestamp", ""), request.GET.get("nonce", "")


def _message(request: HttpRequest, known: WeixinCredentials) -> dict[str, Any] | None:
    """What was pushed; None for what is too long, not signed, or not for this shop."""
    if whole_number(request.META.get("CONTENT_LENGTH"), most=LARGEST_PUSH) is None:
        return None
    envelope = json_object(request.body) or {}
    encrypted = envelope.get("Encrypt")
    given = request.GET.get("msg_signature", "")
    if not isinstance(encrypted, str) or not is_push_signature(
        given, known.token, *_stamps(request), encrypted
    ):
        return None
    try:
        return json_object(decrypt_push(encrypted, known.aes_key, known.app_id))
    except NotDecryptable:
        log.warning(
            "a signed push of WeChat could not be decrypted: is the EncodingAESKey another one by now?"
        )
        return None


def _note_pushed(connection: Connection, message: dict[str, Any]) -> None:
    found: dict[str, set[str]] = {kind: set() for kind in IDS.values()}
    for kind, external_id in _named_in(message):
        found[kind].add(external_id)
    for kind, ids in found.items():
        want_documents(connection, kind, ids)
    WeixinShop.objects.filter(connection=connection).update(pushed_at=timezone.now())


def _named_in(value: Any) -> Iterator[tuple[str, str]]:
    """Every order and after-sale that is named, however deep: the ids come as numbers beyond 2^53, or as text."""
    if isinstance(value, dict):
        for name, inside in value.items():
            if name in IDS and isinstance(inside, str | int):
                yield IDS[name], str(inside)
            else:
                yield from _named_in(inside)
    elif isinstance(value, list):
        for inside in value:
            yield from _named_in(inside)


def _plain(text: str, status: int = 200) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
