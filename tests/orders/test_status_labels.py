"""How a status is called and coloured: written once, with orders."""

import re
from pathlib import Path

import pytest
from django.utils import translation

from orders.labels import STATUS_COLOURS, status_label
from orders.models import Status
from orders.templatetags.statuses import status_tag

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("status", Status.values)
def test_every_status_has_a_label_and_a_colour_in_the_style_sheet(status):
    colour = STATUS_COLOURS[status]
    rules = (ROOT / "static/css/components/tag.css").read_text()
    assert re.search(rf"\.{colour}\b", rules)
    with translation.override("en"):
        assert status_tag(status, "bare") == f'<span class="tag bare {colour}">{status_label(status)}</span>'
    with translation.override("zh-hans"):
        assert status_label(status) == Status(status).label


def test_a_status_member_and_its_plain_value_have_the_same_label():
    assert (
        status_tag(Status.SHIPPED) == status_tag("shipped") == '<span class="tag  st-shipped">已发货</span>'
    )


def test_status_labels_and_colours_are_defined_only_in_orders():
    named = [
        str(path.relative_to(ROOT))
        for top in ("shopcomm", "messaging", "orders")
        for path in (ROOT / top).rglob("*.py")
        if re.search(r'"st-(?!all)\w+"', path.read_text())
    ]
    assert named == ["orders/labels.py"]
