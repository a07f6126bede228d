"""What of a template is the same on every page stands in it as text, in each language, and the page says what it said."""

from itertools import pairwise
from pathlib import Path

import pytest
from django.template import Context, engines
from django.template.base import Node, NodeList, Template, TextNode
from django.template.defaulttags import IfNode
from django.templatetags.i18n import TranslateNode
from django.utils.translation import override

from shopcomm.core.ui.fixed_parts import write_out
from shopcomm.core.ui.templatetags.ui import icon_svg

TEMPLATES = Path(__file__).parents[2] / "templates"
NAMES = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))
LANGUAGES = ("zh-hans", "en")


def parsed(source: str) -> Template:
    return engines["django"].engine.from_string("{% load i18n static %}" + source)


def written_out(source: str) -> Template:
    template = parsed(source)
    write_out(template)
    return template


def texts_of(template: Template) -> list[str]:
    return [node.s if isinstance(node, TextNode) else type(node).__name__ for node in template.nodelist]


def lists_in(nodes: NodeList) -> list[NodeList]:
    """This list of parts and those inside its parts."""
    found = [nodes]
    for node in nodes:
        inner = [each for _condition, each in node.conditions_nodelists] if isinstance(node, IfNode) else []
        inner = inner or [getattr(node, name, None) for name in node.child_nodelists]
        for each in inner:
            found += lists_in(each) if isinstance(each, NodeList) else []
    return found


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ('<b>{% translate "订单" %}</b>', "<b>Orders</b>"),
        ("<b>{% blocktranslate %}订单{% endblocktranslate %}</b>", "<b>Orders</b>"),
        ("{# nothing #}a{% comment %}b{% endcomment %}c", "ac"),
        ('<i>{% icon "x" %}</i>', f"<i>{icon_svg('x')}</i>"),
        ("<img src=\"{% static 'icons/favicon.svg' %}\">", '<img src="/static/icons/favicon.svg">'),
    ],
)
def test_what_is_fixed_becomes_one_text_with_what_stands_beside_it(source, text) -> None:
    with override("en"):
        assert texts_of(written_out(source)) == [text]


@pytest.mark.parametrize(
    "source",
    [
        "{% translate word %}",
        '{% translate "订单" as word %}[{{ word }}]',
        '{% translate "订单"|upper %}',
        "{% blocktranslate %}订单{{ word }}{% endblocktranslate %}",
        "{% blocktranslate count n=many %}订单{% plural %}订单{% endblocktranslate %}",
        '{% language "zh-hans" %}{% translate "订单" %}{% endlanguage %}',
        "{% icon word %}",
        '{% icon "x" as drawn %}{{ drawn }}',
        "{% form_key as key %}{{ key|length }}",
    ],
)
def test_what_a_page_decides_is_left_to_it(source) -> None:
    context = {"word": "订单", "many": 2}
    with override("en"):
        template = written_out(source)
        assert any(not isinstance(node, TextNode) for node in template.nodelist)
        assert template.render(Context(context)) == parsed(source).render(Context(context))


@pytest.mark.parametrize("many", [0, 2])
def test_parts_inside_of_others_are_written_out_too(many) -> None:
    source = (
        '{% if many %}a{% translate "订单" %}{% else %}{% translate "订单" %}b{% endif %}'
        '{% for each in pieces %}{% translate "订单" %}{{ each }}{% empty %}{% translate "订单" %}{% endfor %}'
        '{% with a=1 %}{% translate "100%" %}{{ a }}{% endwith %}'
    )
    context = {"many": many, "pieces": ["<", 2][:many]}
    with override("en"):
        template = written_out(source)
        assert not template.nodelist.get_nodes_by_type(TranslateNode)
        assert template.render(Context(context)) == parsed(source).render(Context(context))


def test_a_missing_file_is_told_only_by_the_part_that_shows_it(monkeypatch) -> None:
    def missing(_node: object, path: str) -> str:
        raise ValueError(path)

    monkeypatch.setattr("django.templatetags.static.StaticNode.handle_simple", missing)
    template = written_out("{% if shown %}{% static 'none.svg' %}{% endif %}")
    assert template.render(Context({"shown": False})) == ""
    with pytest.raises(ValueError, match=r"none\.svg"):
        template.render(Context({"shown": True}))


def test_an_included_template_is_looked_up_once_and_sees_what_the_page_knows(monkeypatch) -> None:
    pieces = (
        "{% for each in pieces %}",
        "{% include '_badge.html' with badge=each badge_text=word %}",
        "{% endfor %}",
    )
    template, context = written_out("".join(pieces)), {"pieces": [1, 2, 3], "word": "<"}
    drawn = template.render(Context(context))
    assert drawn == parsed("".join(pieces)).render(Context(context))

    def looked_up(_engine: object, name: str) -> Template:
        raise AssertionError(name)

    monkeypatch.setattr("django.template.Engine.get_template", looked_up)
    assert template.render(Context(context)) == drawn


@pytest.mark.parametrize(
    "inner",
    [
        "{% cycle 'a' 'b' %}",
        "{% ifchanged each %}a{% endifchanged %}",
        "{% block part %}{{ each }}{% endblock %}",
        "{% with x=1 %}{% translate '订单' as word %}{% endwith %}{{ word }}",
    ],
)
def test_what_counts_how_often_it_is_drawn_counts_as_before(inner, tmp_path, settings) -> None:
    (tmp_path / "inner.html").write_text("{% load i18n %}" + inner)
    settings.TEMPLATES = [settings.TEMPLATES[0] | {"DIRS": [*settings.TEMPLATES[0]["DIRS"], tmp_path]}]
    source = "{% block part %}b{% endblock %}{% for each in pieces %}{% include 'inner.html' %}{{ word }}{% endfor %}"
    context = {"pieces": [1, 1, 2], "word": "w"}
    assert written_out(source).render(Context(context)) == parsed(source).render(Context(context))


def test_an_included_template_speaks_the_language_of_its_page(tmp_path, settings) -> None:
    (tmp_path / "inner.html").write_text("{% load i18n %}{% translate '订单' %}")
    settings.TEMPLATES = [settings.TEMPLATES[0] | {"DIRS": [*settings.TEMPLATES[0]["DIRS"], tmp_path]}]
    with override("en"):
        template = written_out("{% include 'inner.html' %}")
    assert [template.render(Context()), parsed("{% include 'inner.html' %}").render(Context())] == [
        "Orders",
        "订单",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_template_translates_a_text_of_its_own_while_a_page_is_drawn(language) -> None:
    with override(language):
        loaded = {name: engines["django"].get_template(name).template for name in NAMES}
    fixed = {
        f"{name}: {node.filter_expression}"
        for name, template in loaded.items()
        for node in template.nodelist.get_nodes_by_type(TranslateNode)
        if node.filter_expression.var.lookups is None and not (node.asvar or node.filter_expression.filters)
    }
    assert fixed == set()


def test_no_two_texts_stand_side_by_side() -> None:
    def doubled(nodes: list[Node]) -> bool:
        return any(isinstance(a, TextNode) and isinstance(b, TextNode) for a, b in pairwise(nodes))

    loaded = {name: engines["django"].get_template(name).template for name in NAMES}
    assert [name for name, each in loaded.items() if any(map(doubled, lists_in(each.nodelist)))] == []


def test_each_language_has_a_template_of_its_own() -> None:
    said = {}
    for language in (*LANGUAGES, *LANGUAGES):
        with override(language):
            said.setdefault(language, []).append(engines["django"].get_template("_rail.html").template)
    assert said["en"][0] is said["en"][1]
    assert said["en"][0] is not said["zh-hans"][0]
