"""Addresses and phone numbers in what people write, as links; static/js/messaging/linked.js follows the same rule.

Only http and https, and numbers that can be rung: text is never markup, and no other scheme is ever followed.
"""

import re

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

_FOUND = re.compile(
    r"https?://[a-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+"
    r"|(?:\+?86[ -]?)?1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}"
    r"|0[0-9]{2,3}-[0-9]{7,8}"
    r"|[48]00-?[0-9]{3}-?[0-9]{4}"
    r"|\+[1-9][0-9]{0,2}[ -]?[0-9]{2,4}[ -]?[0-9]{3,4}[ -]?[0-9]{2,4}",
    re.IGNORECASE | re.ASCII,
)
# A sentence's own mark at the end of an address is not of it.
_TAIL = re.compile(r"[.,;:!?)\]'*]+\Z")
_HOST = re.compile(r"https?://[a-z0-9][a-z0-9.-]*(:[0-9]+)?([/?#]|\Z)", re.IGNORECASE | re.ASCII)
# Part of a longer number, a name or a sum: no number to ring.
_BEFORE = re.compile(r"[a-z0-9_.+*¥$#-]", re.IGNORECASE | re.ASCII)
_AFTER = re.compile(r"[a-z0-9_*-]", re.IGNORECASE | re.ASCII)


def link_parts(text: str) -> list[tuple[str, str]]:
    """A text in pieces with the address each leads to, empty for plain text. Together they are the text."""
    parts, at = [], 0
    for match in _FOUND.finditer(text):
        label, href = _link_of(match.group(), text[: match.start()][-1:], text[match.end() :][:1])
        if not href:
            continue
        if match.start() > at:
            parts.append((text[at : match.start()], ""))
        parts.append((label, href))
        at = match.start() + len(label)
    return [*parts, (text[at:], "")] if at < len(text) else parts


def _link_of(found: str, before: str, after: str) -> tuple[str, str]:
    if found[:4].lower() == "http":
        label = _TAIL.sub("", found)
        return (label, label) if _HOST.match(label) else (found, "")
    if _BEFORE.match(before) or _AFTER.match(after):
        return found, ""
    return found, "tel:" + re.sub("[ -]", "", found)


def with_links(text: str) -> SafeString:
    """The text as markup, in which addresses and numbers can be tapped and everything else is as it was written."""
    return mark_safe("".join(_markup(label, href) for label, href in link_parts(text)))


def _markup(label: str, href: str) -> str:
    if not href:
        return escape(label)
    if href.startswith("tel:"):
        return format_html('<a href="{}">{}</a>', href, label)
    return format_html('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>', href, label)
