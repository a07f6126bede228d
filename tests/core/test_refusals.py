"""The one class of refusals: what pages, programs and scripts get to see of one."""

import json
from http import HTTPStatus

import pytest
from django.contrib.messages import get_messages
from django.contrib.messages.storage.fallback import FallbackStorage
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

import messaging.errors
import orders.errors
from orders.errors import GuardFailed, StaleVersion
from shopcomm.core.http.outcomes import outcome_answer, run_and_tell
from shopcomm.core.http.problems import problem_handler, refusal_answer
from shopcomm.core.outcomes import run_service
from shopcomm.core.refusals import Refusal

BUSY = Refusal("稍后再试", retry_after=7)


def refuse_as_busy() -> str:
    raise BUSY


def asked(**headers: str) -> HttpRequest:
    request = RequestFactory().post("/", headers=headers)
    request.session = {}  # type: ignore[assignment]
    request._messages = FallbackStorage(request)  # type: ignore[attr-defined]
    return request


def shown_messages(request: HttpRequest) -> list[tuple[str, str]]:
    return [(each.level_tag, str(each)) for each in get_messages(request)]


def refusal_classes(module: object) -> list[type[Refusal]]:
    found = [each for each in vars(module).values() if isinstance(each, type)]
    return [each for each in found if issubclass(each, Exception) and each is not Refusal]


@pytest.mark.parametrize("kind", [*refusal_classes(orders.errors), *refusal_classes(messaging.errors)])
def test_every_refusal_of_both_domains_has_a_code_and_a_4xx_or_503_status(kind: type):
    assert issubclass(kind, Refusal)
    assert kind.code.replace("_", "").isalpha()
    assert 400 <= HTTPStatus(kind.status) < 500 or kind.status == 503


def test_run_service_keeps_the_message_and_status_of_a_refusal():
    outcome = run_service(refuse_as_busy)
    assert (outcome.text, outcome.status, outcome.refusal) == ("稍后再试", 422, BUSY)
    with pytest.raises(Refusal):
        outcome.result  # noqa: B018


def test_run_service_keeps_the_result_of_the_service():
    outcome = run_service(lambda: "done")
    assert (outcome.result, outcome.text, outcome.status, outcome.refusal) == ("done", "", 200, None)


def test_run_service_does_not_catch_other_exceptions():
    with pytest.raises(ZeroDivisionError):
        run_service(lambda: 1 / 0)


@pytest.mark.parametrize(
    ("work", "success", "shown"),
    [
        (lambda: "已登记", "", ("success", "已登记")),
        (lambda: object(), "已保存", ("success", "已保存")),
        (refuse_as_busy, "已保存", ("error", "稍后再试")),
    ],
)
def test_run_and_tell_shows_the_outcome_on_the_next_page(work, success, shown):
    request = asked()
    run_and_tell(request, work, success)
    assert shown_messages(request) == [shown]


def test_a_script_gets_the_outcome_as_json_and_no_message_on_the_next_page():
    request = asked(X_Fragment="1")
    answer = outcome_answer(request, "稍后再试", status=409, back=HttpResponse)
    assert (answer.status_code, json.loads(answer.content)) == (409, {"text": "稍后再试"})
    assert shown_messages(request) == []


@pytest.mark.parametrize(
    ("text", "status", "shown"),
    [("好了", 200, [("success", "好了")]), ("不行", 409, [("error", "不行")]), ("", 200, [])],
)
def test_a_browser_without_scripts_is_redirected_and_reads_the_outcome_there(text, status, shown):
    request = asked()
    assert outcome_answer(request, text, status=status, back=lambda: HttpResponse("back")).content == b"back"
    assert shown_messages(request) == shown


def test_a_program_and_a_script_get_the_same_problem_document():
    stale = StaleVersion(version=3, changed=[])
    for_program, for_script = problem_handler(stale, {}), refusal_answer(stale)
    assert for_program is not None
    assert for_program.data == json.loads(for_script.content)
    assert for_program.data | {"title": "", "detail": ""} == {
        "type": "urn:shopcomm:problem:stale_version",
        "title": "",
        "status": 409,
        "detail": "",
        "code": "stale_version",
        "version": 3,
        "changed": [],
    }
    assert for_program.content_type == for_script["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("refusal", "seconds"),
    [
        (BUSY, "7"),
        (messaging.errors.Unavailable(), "15"),
        (GuardFailed(("stock", "缺货")), None),
    ],
)
def test_only_refusals_that_may_succeed_later_carry_retry_after(refusal: Refusal, seconds: str | None):
    for_program = problem_handler(refusal, {})
    assert for_program is not None
    assert for_program.headers.get("Retry-After") == seconds
    assert refusal_answer(refusal).headers.get("Retry-After") == seconds
