"""Blocking log-in attempts: guesses at one name, at many names, and overall.

Refusals are counted by name and network together, so that nobody can lock somebody else out from elsewhere. What is
counted over many names refuses only who has never come in with this name from this network: the people who work there
go on.
"""

from datetime import datetime, timedelta
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_username
from axes.models import AccessAttempt, AccessLog
from django.conf import settings
from django.db.models import Count, Sum
from django.http import HttpRequest
from django.utils import timezone

from shopcomm.core.http.networks import visitor_network


class NetworkHandler(AxesDatabaseHandler):
    """django-axes with limits over many names."""

    def is_locked(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        """Whether this name may not be tried from here just now."""
        if super().is_locked(request, credentials):
            return True
        name, network = get_client_username(request, credentials) or "", visitor_network(request)
        if not name or _has_come_in(name, network):
            return False
        since = timezone.now() - timedelta(hours=settings.AXES_COOLOFF_TIME)
        return _names_tried(network, since) >= settings.LOGIN_NAMES_PER_NETWORK or _refused(since) >= (
            settings.LOGIN_FAILURES_IN_ALL
        )

    def remove_out_of_limit_failure_logs(self, *, username: str, limit: int | None = None) -> int:
        """None: django-axes would keep a thousand for each name and, of more, delete the newest. They go by age."""
        return 0


def _has_come_in(name: str, network: str) -> bool:
    return AccessLog.objects.filter(username=name, ip_address=network or None).exists()


def _names_tried(network: str, since: datetime) -> int:
    """How many names were refused from a network lately: one password tried on all of them looks like this."""
    refused = AccessAttempt.objects.filter(failures_since_start__gt=0)
    lately = refused.filter(ip_address=network or None, attempt_time__gte=since)
    return int(lately.aggregate(names=Count("username", distinct=True))["names"])


def _refused(since: datetime) -> int:
    lately = AccessAttempt.objects.filter(attempt_time__gte=since)
    return lately.aggregate(failures=Sum("failures_since_start"))["failures"] or 0
