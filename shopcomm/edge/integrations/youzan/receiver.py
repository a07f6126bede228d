"""Where 有赞 calls: the signature is checked over what came, the message stored and answered.

`sign` in the body is md5(client_id + msg + client_secret); newer pushes have a header `Event-Sign`, over the whole body.
"""

import hashlib
import hmac
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from shopcomm.core.reading import json_object, whole_number
from shopcomm.core.sealing import CannotUnseal
from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.services.connections import credentials_of
from shopcomm.edge.integrations.services.receiving import store_record
from shopcomm.edge.integrations.youzan.codes import KIND
from shopcomm.edge.integrations.youzan.mapping import read_youzan_push

LARGEST_PUSH = 512 * 1024
TAKEN = {"code": 0, "msg": "success"}


@csrf_exempt
@require_POST
def youzan_push(request: HttpRequest, connection_id: int) -> JsonResponse:
    """Store what is pushed of an order. 403 for what is not signed, 503 while the connection is paused: it is pushed again."""
    connection = get_object_or_404(Connection, pk=connection_id, kind=KIND)
    if whole_number(request.META.get("CONTENT_LENGTH"), most=LARGEST_PUSH) is None:
        return JsonResponse({"code": 413, "msg": "too large"}, status=413)
    push = json_object(request.body) or {}
    try:
        known = credentials_of(connection)
    except CannotUnseal:
        return JsonResponse({"code": 503, "msg": "not now"}, status=503)
    if not _is_signed(request, push, known):
        return JsonResponse({"code": 403, "msg": "bad sign"}, status=403)
    if not connection.is_active:
        return JsonResponse({"code": 503, "msg": "paused"}, status=503)
    told = None if push.get("test") else read_youzan_push(push)
    if told is not None:
        store_record(connection=connection, message_id=_message_id(push, told), body=told)
    return JsonResponse(TAKEN)


def youzan_signature(client_id: str, text: str, client_secret: str) -> str:
    """The signature over a text: what is between the two is what came, letter for letter."""
    return hashlib.md5(f"{client_id}{text}{client_secret}".encode(), usedforsecurity=False).hexdigest()


def _is_signed(request: HttpRequest, push: dict[str, Any], known: dict[str, str]) -> bool:
    ours = (known.get("client_id", ""), known.get("client_secret", ""))
    if push.get("client_id", ours[0]) != ours[0]:
        return False
    header, sign = request.headers.get("Event-Sign", ""), push.get("sign")
    if header:
        wanted = youzan_signature(ours[0], request.body.decode("utf-8", "replace"), ours[1])
        return hmac.compare_digest(header.lower().encode(), wanted.encode())
    if not isinstance(sign, str) or not isinstance(push.get("msg"), str):
        return False
    wanted = youzan_signature(ours[0], push["msg"], ours[1])
    return hmac.compare_digest(sign.lower().encode(), wanted.encode())


def _message_id(push: dict[str, Any], told: dict[str, Any]) -> str:
    """The same however often it is pushed: `id` is the order's, so type and version belong to it."""
    parts = (told["external_id"], push.get("type", ""), push.get("version", ""), push.get("status", ""))
    return ":".join(str(each) for each in parts)
