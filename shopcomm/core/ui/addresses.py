"""Addresses of pages by their names: put together once, then kept."""

from functools import lru_cache
from typing import Any

from django.template import Context
from django.template.base import Parser, Token
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as parse_url
from django.urls import NoReverseMatch, get_script_prefix, reverse
from django.utils.html import conditional_escape

# The newest thousands: a page of an order has sixty, most of them the order's own.
KEPT = 8192


def page_address(view: str, *args: object) -> str:
    """The address of a page, as `reverse()` says it."""
    return _address(get_script_prefix(), "", view, tuple(map(str, args)), ())


@lru_cache(maxsize=KEPT)
def _address(
    _prefix: str, current_app: str, view: str, args: tuple[str, ...], named: tuple[tuple[str, str], ...]
) -> str:
    # Whatever is given stands in an address as a text.
    return str(reverse(view, args=args, kwargs=dict(named), current_app=current_app or None))


class AddressNode(URLNode):
    """`{% url %}` that keeps what it has said."""

    def render(self, context: Context) -> str:
        """The address, or "" where it goes into a variable."""
        args = tuple([str(each.resolve(context)) for each in self.args])
        named = tuple([(name, str(each.resolve(context))) for name, each in self.kwargs.items()])
        found = ""
        try:
            found = _address(
                get_script_prefix(), _app_of(context), self.view_name.resolve(context), args, named
            )
        except NoReverseMatch:
            if self.asvar is None:
                raise
        if self.asvar:
            context[self.asvar] = found
            return ""
        return str(conditional_escape(found)) if context.autoescape else found


def _app_of(context: Any) -> str:
    """Of several sites with the same names the one that is being looked at: there may be two of the admin."""
    request = getattr(context, "request", None)
    if request is None:
        return ""
    current = getattr(request, "current_app", None) or getattr(request, "resolver_match", None)
    return str(getattr(current, "namespace", current) or "")


def url_tag(parser: Parser, token: Token) -> URLNode:
    """`{% url "orders:detail" order.number %}`."""
    node = parse_url(parser, token)
    return AddressNode(node.view_name, node.args, node.kwargs, node.asvar)
