"""The limit of requests that each API key has."""

import math
from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from shopcomm.core.rate_limits import seconds_to_wait


class ApiKeyThrottle(BaseThrottle):
    """Limits each key to its rate, or to API_RATE requests a second, in bursts of twice that."""

    def allow_request(self, request: Request, view: Any) -> bool:
        self._wait = 0.0
        key: Any = request.auth
        if key is not None:
            rate = key.rate or settings.API_RATE
            self._wait = seconds_to_wait(f"key:{key.pk}", rate=rate, size=2 * rate)
        return self._wait == 0.0

    def wait(self) -> float:
        return math.ceil(self._wait)
