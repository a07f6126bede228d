"""Masking customer links in texts, for readers who may not open them."""

import re

from django.db.models import F, Func, TextField, Value

_IN_TEXT = re.compile(r"(/o/)([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)")


def hide_links(text: str) -> str:
    """A text without the keys of the links in it, as long as it was: for readers who may not open them."""
    return _IN_TEXT.sub(lambda found: found[1] + "*" * len(found[2]), text)


def without_links(field: str) -> Func:
    """A column's text as `hide_links` shows it, but for how many stars there are; for questions to the database."""
    pattern = Value(_IN_TEXT.pattern)
    return Func(
        F(field), pattern, Value(r"\1*"), Value("g"), function="regexp_replace", output_field=TextField()
    )
