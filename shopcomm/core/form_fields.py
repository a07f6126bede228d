"""Form fields that more than one floor uses."""

import re
from typing import Any

from django import forms

from shopcomm.core.text import one_line


def typed_words(text: str) -> list[str]:
    """The words of one line, parted by commas of either kind or spaces; each once."""
    words = map(one_line, re.split(r"[,，、\s]+", text))
    return list(dict.fromkeys(word for word in words if word))


class WordsField(forms.CharField):
    """A list of words in one line, parted by commas of either kind or spaces; each counts once."""

    def prepare_value(self, value: Any) -> Any:
        return "，".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        return typed_words(value or "")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (initial or []) != self.to_python(data)
