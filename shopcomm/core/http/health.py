"""Health probes: is the process alive, can it work."""

import logging
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from redis import Redis
from redis.exceptions import RedisError

from shopcomm.core.embedded.restarts import read_keeps_ending

log = logging.getLogger(__name__)


@require_safe
def alive_answer(request: HttpRequest) -> JsonResponse:
    """200 while the process can answer at all."""
    return JsonResponse({"status": "ok"})


@require_safe
def ready_answer(request: HttpRequest) -> JsonResponse:
    """200 when the database and Redis answer, 503 with what is down.

    `keeps_ending` names processes that `make run` starts again and again: this one works all the same.
    """
    down = [name for name, works in (("database", _database), ("redis", _redis)) if not works()]
    told = {
        "status": "down" if down else "ok",
        "down": down,
        "keeps_ending": read_keeps_ending(settings.DATA_DIR),
    }
    return JsonResponse(told, status=503 if down else 200)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError) as error:
        log.warning("the database does not answer: %s", str(error).strip())
        return False
    return True


def _redis() -> bool:
    try:
        client = Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1)
        return bool(client.ping())
    except RedisError:
        log.warning("redis does not answer", exc_info=True)
        return False


PROBES: dict[str, Callable[[HttpRequest], HttpResponse]] = {"/healthz": alive_answer, "/readyz": ready_answer}


class ProbeMiddleware:
    """Answers probes before anything asks for the host's name: they call a process by its address, which is none of
    ALLOWED_HOSTS. Nothing that they are told depends on it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return PROBES.get(request.path_info, self.get_response)(request)
