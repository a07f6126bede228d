"""Compressing pages. Static files are compressed once, when they are collected."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

PAGES = (
    "text/html",
    "application/json",
    "application/problem+json",
    "text/javascript",
    "application/manifest+json",
)


class PageCompressionMiddleware(GZipMiddleware):
    """gzip for what we write ourselves, with Django's random padding against BREACH; never for files and streams."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        kind = response.get("Content-Type", "").split(";")[0]
        if response.streaming or kind not in PAGES or not isinstance(response, HttpResponse):
            return response
        return super().process_response(request, response)
