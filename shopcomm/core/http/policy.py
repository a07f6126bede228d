"""The Content-Security-Policy of every answer: strict, but for the few pages that others wrote."""

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class PolicyMiddleware(CSPMiddleware):
    """Loosens the directives that CONTENT_SECURITY_POLICY_OF names for an address, and no others."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        """The parts of the policy for one answer."""
        parts = super().get_policy_parts(request, response, report_only)
        for prefix, directives in settings.CONTENT_SECURITY_POLICY_OF.items():
            if request.path_info.startswith(prefix):
                # A nonce would make browsers ignore 'unsafe-inline'.
                parts.replace, parts.nonce = (parts.replace or {}) | directives, None
        return parts
