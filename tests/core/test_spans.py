"""Spans of time are said as people say them, on every page in the same way."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from shopcomm.core.spans import shown_part, written_span

TEMPLATES = Path(__file__).parents[2] / "templates"


@pytest.mark.parametrize(
    ("span", "chinese", "english"),
    [
        (timedelta(hours=14, minutes=3), "14 小时 3 分钟", "14 h 3 min"),
        (timedelta(days=2, hours=3, minutes=59), "2 天 3 小时", "2 d 3 h"),
        (timedelta(minutes=5, seconds=59), "5 分钟", "5 min"),
        (timedelta(hours=4), "4 小时", "4 h"),
        # The second unit is the next one down, never a smaller one.
        (timedelta(days=1, minutes=7), "1 天", "1 d"),
        (timedelta(seconds=40), "不到 1 分钟", "less than 1 min"),
        (timedelta(minutes=-3), "不到 1 分钟", "less than 1 min"),
    ],
)
def test_a_duration_is_shown_in_its_two_largest_units(span, chinese, english):
    with override("zh-hans"):
        assert written_span(span) == chinese
    with override("en"):
        assert written_span(span) == english


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=400)))
def test_rounding_a_duration_to_what_is_shown_does_not_change_its_text(span):
    part = shown_part(span)
    assert written_span(part) == written_span(span)
    assert shown_part(part) == part <= span


def test_all_pages_format_durations_with_the_one_function():
    other = re.compile(r"\|\s*time(until|since)\b|\bnaturaltime\b")
    assert [path.name for path in TEMPLATES.rglob("*.html") if other.search(path.read_text())] == []
