"""Lines of the log: readable or JSON, each with what it is about, and without what opens anything.

What a line is about (`request_id`, `actor`, `order`, `task`, `command`) is bound where it becomes known and stands on
every line that is written until the request, the task or the command is over, whoever writes it.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context, copy_context
from typing import Any, Literal

from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars, merge_contextvars
from structlog.dev import ConsoleRenderer, plain_traceback
from structlog.processors import JSONRenderer, TimeStamper, format_exc_info
from structlog.stdlib import ProcessorFormatter, add_log_level, add_logger_name
from structlog.typing import EventDict, Processor, WrappedLogger

# What stands behind each of these opens something: a customer's page, the API, a signed request, a code.
SECRETS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"((?:/|%2F)o(?:/|%2F))[A-Za-z0-9_.~-]{6,}", re.IGNORECASE), r"\1…"),
    (re.compile(r"\bsk_[A-Za-z0-9]+_[A-Za-z0-9_-]+"), "sk_…"),
    (re.compile(r"\bwhsec_[A-Za-z0-9+/=_-]+"), "whsec_…"),
    (re.compile(r"(\bBearer\s+)[^\s'\",]+", re.IGNORECASE), r"\1…"),
    (re.compile(r"((?:sessionid|csrftoken|key|token|secret|password|access_token)=['\"]?)[^\s&;'\"]+", re.IGNORECASE), r"\1…"),
)  # fmt: skip
Form = Literal["lines", "json"]


def without_secrets(text: str) -> str:
    """The text with every secret that it names cut out."""
    for pattern, shown in SECRETS:
        text = pattern.sub(shown, text)
    return text


# --- what lines are about -----------------------------------------------------------------------
def add_log_fields(**names: str | int) -> None:
    """Put names on every line from now on, until the `log_scope` around it ends."""
    bind_contextvars(**names)


def log_fields() -> dict[str, Any]:
    """What lines that are written here carry."""
    return get_contextvars()


@contextmanager
def log_scope(**names: str | int) -> Iterator[None]:
    """Add fields to the log lines of this block; at its end the former fields are restored."""
    before = get_contextvars()
    bind_contextvars(**names)
    try:
        yield
    finally:
        set_log_fields(before)


def set_log_fields(names: dict[str, Any]) -> None:
    """Have lines carry these names and no others, for what begins and ends in two places."""
    clear_contextvars()
    bind_contextvars(**names)


def context_without_log_fields() -> Context:
    """A copy of the running context without log fields, for a task shared by several visitors."""
    context = copy_context()
    context.run(clear_contextvars)
    return context


# --- how lines are written ----------------------------------------------------------------------
def add_names_of_request(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Django tells of a refusal when the request is over: its names are kept with it."""
    request = getattr(line["_record"], "request", None)
    line.update(getattr(request, "log_names", {}))
    return line


def cut_secrets(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Cut secrets out of everything a line says, its traceback included: no caller has to think of it."""
    return {name: _harmless(value) for name, value in line.items()}


def _harmless(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float) else without_secrets(str(value))


def _json_line(line: EventDict, **_options: Any) -> str:
    return json.dumps(line, ensure_ascii=False)


RENDERERS: dict[Form, tuple[Processor, ...]] = {
    "lines": (
        TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False),
        ConsoleRenderer(
            colors=False,
            pad_event_to=0,
            pad_level=False,
            exception_formatter=plain_traceback,
            sort_keys=False,
        ),
    ),
    "json": (TimeStamper(fmt="iso"), JSONRenderer(serializer=_json_line)),
}


class LogFormatter(ProcessorFormatter):
    """Every logger's lines, those of Django, Celery and the web server too, in one form: one line each, in the readable
    form several with a traceback. Raises ValueError for a form that is none."""

    def __init__(self, form: Form) -> None:
        if form not in RENDERERS:
            raise ValueError(f"LOG_FORMAT={form}: set lines or json")
        super().__init__(
            foreign_pre_chain=[add_log_level, add_logger_name, merge_contextvars, add_names_of_request],
            processors=[
                ProcessorFormatter.remove_processors_meta,
                format_exc_info,
                cut_secrets,
                *RENDERERS[form],
            ],
        )
