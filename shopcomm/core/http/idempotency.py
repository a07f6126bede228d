"""The same POST twice does its work once and answers the same.

The record is written in the transaction of the work: a process that dies leaves neither. An advisory lock tells a
second request that the first still runs. Source: draft-ietf-httpapi-idempotency-key-header.
"""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.db import transaction
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from shopcomm.core.database.named_locks import try_named_lock
from shopcomm.core.deadlocks import retry_on_deadlock
from shopcomm.core.http.models import IdempotencyRecord
from shopcomm.core.http.problems import problem_document, problem_handler
from shopcomm.core.sealing import CannotUnseal, seal_text, unseal_text

LONGEST_KEY = 255
PROBLEM = "application/problem+json"
# Answers that say "not now": the same request may be answered otherwise later, so they are not kept.
NOT_NOW = (429, 503)


def run_once(request: Request, work: Callable[[], Response]) -> Response:
    """Do the work, or answer as the first time when its Idempotency-Key was used before."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key:
        return work()
    if len(key) > LONGEST_KEY:
        raise exceptions.ValidationError({"Idempotency-Key": [f"at most {LONGEST_KEY} characters"]})
    digest = _digest(request)
    seen = _seen_or_done(request, key, digest, work)
    if isinstance(seen, Response):
        return seen
    if seen.digest != digest:
        return _refused(422, "idempotency_key_reused", "this key was used for another request")
    kind = PROBLEM if seen.status >= 400 else None
    try:
        body = json.loads(unseal_text(seen.sealed))
    except CannotUnseal:
        return _refused(
            409, "replay_lost", "this was done before; its answer was sealed under another SECRET_KEY"
        )
    return Response(body, status=seen.status, content_type=kind, headers={"Idempotent-Replay": "true"})


@retry_on_deadlock
@transaction.atomic
def _seen_or_done(
    request: Request, key: str, digest: str, work: Callable[[], Response]
) -> Response | IdempotencyRecord:
    """The record of a first request with this key; or the work done, with its answer."""
    owner: Any = request.auth
    if not try_named_lock(f"idempotency:{owner.pk}:{key}"):
        return _refused(409, "in_progress", "the first request with this key is still running")
    seen = IdempotencyRecord.objects.filter(api_key=owner, key=key).first()
    if seen is not None:
        return seen
    # A try before this one may have read them.
    _rewind(request)
    return _first(owner, key, digest, work)


def _first(owner: Any, key: str, digest: str, work: Callable[[], Response]) -> Response:
    try:
        with transaction.atomic():
            response = work()
    except Exception as error:
        answer = problem_handler(error, {})
        if answer is None:
            raise
        response = answer
        # problem_handler marks the transaction for rollback; the savepoint has done that already.
        transaction.set_rollback(False)
    if response.status_code in NOT_NOW:
        return response
    sealed = seal_text(json.dumps(response.data, cls=JSONEncoder))
    IdempotencyRecord.objects.create(
        api_key=owner, key=key, digest=digest, status=response.status_code, sealed=sealed
    )
    return response


def _digest(request: Request) -> str:
    parts: list[Any] = [request.method, request.path]
    if request.FILES:
        parts += [hashlib.sha256(each.read()).hexdigest() for each in request.FILES.values()]
        _rewind(request)
    else:
        parts.append(json.dumps(request.data, sort_keys=True, default=str))
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _rewind(request: Request) -> None:
    for each in request.FILES.values():
        each.seek(0)


def _refused(status: int, code: str, detail: str) -> Response:
    return Response(
        problem_document(status=status, code=code, detail=detail), status=status, content_type=PROBLEM
    )
