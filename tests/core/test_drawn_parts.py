"""Parts of a page that are drawn once: whoever is given other facts, or reads another language, is shown another part."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.template import Context, Template
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from shopcomm.core.ui import drawing
from shopcomm.core.ui.drawing import draw_once
from shopcomm.core.ui.loaders import without_indentation
from shopcomm.core.ui.templatetags.ui import distance_of, relative_time, written_distance
from tests.factories import StaffFactory

TEMPLATES = Path(__file__).parents[2] / "templates"
NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.get_fixed_timezone(480))


def rail(**facts) -> str:
    given = {"column": "sales", "username": "zhoumin", "name": "周敏", "active": "", "todo": 0, "unread": 0}
    return draw_once("_rail.html", **(given | {"waiting": 0} | facts))


def test_a_page_part_is_rendered_once_for_the_same_facts() -> None:
    rail()
    before = drawing._drawn.cache_info()
    rail()
    after = drawing._drawn.cache_info()
    assert (after.hits, after.misses) == (before.hits + 1, before.misses)


@pytest.mark.parametrize(
    "other",
    [
        {"column": "manager"},
        {"column": "warehouse"},
        {"column": ""},
        {"username": "wangfang2"},
        {"name": "王芳"},
        {"active": "inbox"},
        {"todo": 3},
        {"unread": 3},
    ],
)
def test_a_page_part_is_rendered_again_for_other_facts(other) -> None:
    assert rail(**other) != rail()


def test_a_page_part_is_rendered_in_the_readers_language() -> None:
    with override("en"):
        english = rail()
    assert ("Orders" in english, "Orders" in rail(), "订单" in rail()) == (True, False, True)


def test_equal_facts_of_different_types_are_rendered_separately() -> None:
    plain, markup = "<b>", mark_safe("<b>")
    assert plain == markup
    for name, escaped in ((plain, True), (markup, False), (plain, True)):
        assert ("&lt;b&gt;" in rail(name=name)) == escaped
    assert [draw_once("_badge.html", badge=each, badge_text="").count("True") for each in (1, True, 1)] == [
        0,
        2,
        0,
    ]


def test_a_page_part_sees_only_its_facts_and_not_the_page_context(db) -> None:
    page = Template(
        '{% draw_once "_rail.html" column="sales" username="z" name="周" active=active todo=0 unread=0 waiting=0 %}'
    )
    facts = {"active": "orders", "todo": 7, "user": StaffFactory(role="manager"), "insights_url": "/x/"}
    html = page.render(Context(facts))
    assert 'aria-current="page"' in html
    assert ("/admin/" in html, ">7<" in html, "/x/" in html) == (False, False, False)


def test_cached_page_parts_read_neither_the_clock_nor_the_database() -> None:
    """Nor the request: it has none, and would be drawn for the first one that came."""
    names = {
        name
        for path in TEMPLATES.rglob("*.html")
        for name in re.findall(r'{% draw_once "([^"]+)"', path.read_text())
    }
    included = {
        name for each in names for name in re.findall(r'{% include "([^"]+)"', (TEMPLATES / each).read_text())
    }
    assert {"_rail.html", "_tabbar.html", "_rail_item.html", "_badge.html"} <= names | included
    wrong = re.compile(r"\b(request|user|now|csrf_token|form_key|shop|when|query)\b(?![^{%]*[\"\'])")
    said = {
        name: wrong.findall(" ".join(re.findall(r"{[%{](.*?)[%}]}", (TEMPLATES / name).read_text())))
        for name in names | included
    }
    assert {name: found for name, found in said.items() if found} == {}


@given(st.timedeltas(min_value=timedelta(days=-2), max_value=timedelta(days=500)), st.integers(0, 59))
def test_moments_of_the_same_age_are_shown_alike(back, seconds) -> None:
    """But for the time of day that they name themselves."""
    moment = NOON - back
    distance = distance_of(moment, NOON)
    assert written_distance(moment, distance) == relative_time(moment, NOON)
    if isinstance(distance, int):
        later = NOON + timedelta(seconds=seconds)
        same = distance_of(moment, later) == distance
        assert (relative_time(moment, later) == relative_time(moment, NOON)) == same


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        (NOON + timedelta(minutes=1), "12:01"),
        (NOON, "刚刚"),
        (NOON - timedelta(seconds=59), "刚刚"),
        (NOON - timedelta(seconds=60), "1 分钟前"),
        (NOON - timedelta(minutes=59, seconds=59), "59 分钟前"),
        (NOON - timedelta(hours=1), "11:00"),
        (NOON - timedelta(hours=13), "昨天 23:00"),
        (NOON - timedelta(hours=37), "02/27 23:00"),
        (NOON - timedelta(days=70), "2025/12/21"),
    ],
)
def test_the_older_a_moment_the_more_coarsely_its_age_is_shown(moment, told) -> None:
    assert relative_time(moment, NOON) == told


def test_a_page_is_sent_without_indentation_and_says_the_same() -> None:
    source = '<p\n    class="a"\n>\n    {% if x %}\n\n        <b>一 二</b>  \n    {% endif %}\n    三\n</p>\n'
    assert without_indentation(source) == '<p\nclass="a">\n{% if x %}<b>一 二</b>\n{% endif %}三\n</p>\n'


def test_a_line_of_tags_that_say_something_keeps_its_end() -> None:
    source = '<i>一</i>\n{% include "a.html" %}\n<i>二</i>{% if x %}\n<i>三</i>{% endif %}\n'
    assert without_indentation(source) == source


def test_no_translated_text_stretches_over_lines_that_would_be_joined() -> None:
    text = re.compile(r"{% blocktranslate\b[^%]*%}(.*?){% endblocktranslate %}", re.DOTALL)
    found = [
        (path.name, body)
        for path in TEMPLATES.rglob("*.html")
        for body in text.findall(path.read_text())
        if "\n" in body
    ]
    assert found == []
