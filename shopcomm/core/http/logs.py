"""Lines of the log: with the request's number, and without what opens anything."""

import logging
import re

from shopcomm.core.http.request_ids import current_request_id

# What stands behind each of these opens something: a customer's page, the API, a signed request, a code.
SECRETS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"((?:/|%2F)o(?:/|%2F))[A-Za-z0-9_.~-]{6,}", re.IGNORECASE), r"\1…"),
    (re.compile(r"\bsk_[A-Za-z0-9]+_[A-Za-z0-9_-]+"), "sk_…"),
    (re.compile(r"\bwhsec_[A-Za-z0-9+/=_-]+"), "whsec_…"),
    (re.compile(r"(\bBearer\s+)[^\s'\",]+", re.IGNORECASE), r"\1…"),
    (re.compile(r"((?:sessionid|csrftoken|key|token|secret|password|access_token)=)[^\s&;'\"]+", re.IGNORECASE), r"\1…"),
)  # fmt: skip


def without_secrets(line: str) -> str:
    """The line with every secret that it names cut out."""
    for pattern, shown in SECRETS:
        line = pattern.sub(shown, line)
    return line


class SecretFreeFormatter(logging.Formatter):
    """Cuts secrets out of the finished line, its traceback included: no caller has to think of it."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, or several with a traceback."""
        return without_secrets(super().format(record))


class RequestIdFilter(logging.Filter):
    """Puts the request's number on every line of the log, also on those that are written when it is over."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        record.request_id = getattr(request, "request_id", None) or current_request_id.get()
        return True
