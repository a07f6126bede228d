"""Reading what programs send."""

from collections.abc import Mapping
from typing import IO, Any

from django.http import HttpRequest
from django.http.request import RawPostDataException
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import JSONParser

from shopcomm.core.reading import unreadable_in


def raw_body(request: HttpRequest) -> bytes:
    """The body as it came; empty for a form with files, which has been read from the line as such by now."""
    try:
        return request.body
    except RawPostDataException:
        return b""


class JsonParser(JSONParser):
    """JSON; nested deeper than Python reads, or with a text that cannot be kept, it is refused like anything else.

    Refused here, a text with half of a character never comes into an answer that repeats it.
    """

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """What the body says. Raises ParseError, and ValidationError for a text that cannot be kept."""
        try:
            found = super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError("JSON parse error - nested too deeply") from error
        if place := unreadable_in(found):
            # A name may be what cannot be written.
            named = place.encode("utf-8", "backslashreplace").decode()[:100]
            field = named.partition(".")[0].partition("[")[0] or "non_field_errors"
            raise ValidationError({field: [f"NUL or half of a character in {named}"]})
        return found
