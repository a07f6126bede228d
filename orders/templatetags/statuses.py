"""The label and colour of an order's status."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from orders.labels import status_colour, status_label

register = template.Library()

register.filter("status_colour", status_colour)


@register.simple_tag
def status_tag(status: str, size: str = "") -> SafeString:
    """An order's status as a luggage tag; `size` is "lg", or "bare" for one without its ground."""
    sized = "tag--large" if size == "lg" else size
    return format_html(
        '<span class="tag {} {}">{}</span>', sized, status_colour(status), status_label(str(status))
    )
