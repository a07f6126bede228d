"""JSON written fast says what Python's own says."""

import json
import math
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopcomm.core.json_text import json_text

TEXTS = st.text(st.characters(exclude_categories=()))
PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=20)


@given(VALUES)
def test_a_value_is_read_back_as_it_was_written(value: Any) -> None:
    assert json.loads(json_text(value)) == value


def test_texts_are_compact_and_keep_their_characters() -> None:
    assert json_text({"body": "还有黑色吗😀", "seq": [1, None]}) == '{"body":"还有黑色吗😀","seq":[1,null]}'


@pytest.mark.parametrize("value", [date(2026, 11, 30), {"a": object()}, {1, 2}])
def test_a_value_that_is_no_json_raises_type_error(value: Any) -> None:
    with pytest.raises(TypeError):
        json_text(value)


def test_numbers_that_json_does_not_know_are_never_written_as_words() -> None:
    assert json_text([math.nan, math.inf]) == "[null,null]"
