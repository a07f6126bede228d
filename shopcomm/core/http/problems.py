"""Errors as programs read them. Source: RFC 9457."""

import re
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import DataError
from django.http import Http404, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

from shopcomm.core.deadlocks import DatabaseBusy
from shopcomm.core.refusals import KEY_EXPIRED, Refusal

PROBLEM = "application/problem+json"
CODES = {
    exceptions.ValidationError: "invalid",
    exceptions.ParseError: "malformed",
    exceptions.NotAuthenticated: "not_authenticated",
    exceptions.AuthenticationFailed: "not_authenticated",
    exceptions.PermissionDenied: "not_allowed",
    exceptions.NotFound: "not_found",
    exceptions.MethodNotAllowed: "method_not_allowed",
    exceptions.UnsupportedMediaType: "unsupported_media_type",
    exceptions.Throttled: "rate_limited",
}

# How the database's driver and the fields of models call a value that none of them can take.
OF_A_VALUE = re.compile(r"NUL \(0x00\)|^Field '\w+' expected a number")
# When to come again if nobody knows better.
RETRY_SECONDS = 15


def problem_document(*, status: int, code: str, detail: str = "", **extra: Any) -> dict[str, Any]:
    """The members of a problem document; `extra` are members of our own."""
    return {
        "type": f"urn:shopcomm:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail or HTTPStatus(status).phrase,
        "code": code,
        **extra,
    }


def is_unreadable(error: BaseException) -> bool:
    """Whether a value itself is at fault: too long, out of range, a NUL, half of a character."""
    if isinstance(error, DataError | UnicodeEncodeError):
        return True
    return isinstance(error, ValueError) and OF_A_VALUE.search(str(error)) is not None


def problem_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn a refusal or an error of DRF's into a problem document; None leaves a bug to be a 500."""
    # What the database was too busy for is an error of the database, and told as a refusal.
    if isinstance(error, Refusal | DatabaseBusy):
        set_rollback()
        body, headers = _of_refusal(error)
        return Response(body, status=error.status, content_type=PROBLEM, headers=headers)
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    elif is_unreadable(error):
        error = exceptions.ParseError("a value is too long, out of range, or cannot be read")
    response = exception_handler(error, context)
    if response is None or not isinstance(error, exceptions.APIException):
        return response
    body = problem_document(status=response.status_code, code=_code(error), detail=_detail(error))
    if isinstance(error, exceptions.ValidationError):
        body["errors"] = (
            response.data if isinstance(response.data, dict) else {"non_field_errors": response.data}
        )
    response.data = body
    response.content_type = PROBLEM
    return response


def refusal_answer(refusal: Refusal) -> JsonResponse:
    """A refusal as a problem document, for a browser's script."""
    body, headers = _of_refusal(refusal)
    return JsonResponse(body, status=refusal.status, content_type=PROBLEM, headers=headers)


def _of_refusal(refusal: Refusal | DatabaseBusy) -> tuple[dict[str, Any], dict[str, str]]:
    """The document, and the headers that go with it."""
    body = problem_document(
        status=refusal.status, code=refusal.code, detail=str(refusal.detail), **refusal.extra
    )
    again = refusal.extra.get("retry_after", RETRY_SECONDS if refusal.status == 503 else None)
    return body, {} if again is None else {"Retry-After": str(again)}


def _code(error: exceptions.APIException) -> str:
    if error.get_codes() == KEY_EXPIRED:
        return KEY_EXPIRED
    return next((code for kind, code in CODES.items() if isinstance(error, kind)), "error")


def _detail(error: exceptions.APIException) -> str:
    if isinstance(error, exceptions.ValidationError):
        return "one or more fields are not acceptable"
    return str(error.detail)
