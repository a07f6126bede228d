"""Addresses of pages that are kept are those that Django puts together."""

from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.template import Context, RequestContext, Template
from django.urls import NoReverseMatch, reverse, set_script_prefix

from shopcomm.core.ui import addresses
from shopcomm.core.ui.addresses import page_address

PLACES = [
    ("orders:list", ()),
    ("orders:detail", ("XB-261130-0061",)),
    ("orders:detail", ("XB&?#<>% 61",)),
    ("orders:transition", ("XB-261130-0061", "paid")),
    ("messaging:card", (7, 0)),
]


@pytest.mark.parametrize(("view", "args"), PLACES)
def test_a_kept_address_is_the_one_that_django_says(view, args) -> None:
    assert [page_address(view, *args), page_address(view, *args)] == [reverse(view, args=args)] * 2


@pytest.mark.parametrize(("view", "args"), PLACES)
def test_templates_say_the_same_address_escaped(view, args) -> None:
    names = " ".join(f"given.{place}" for place in range(len(args)))
    drawn = Template(f"{{% url view {names} %}}|{{% url view {names} as kept %}}{{{{ kept }}}}")
    escaped = reverse(view, args=args).replace("&", "&amp;")
    assert drawn.render(Context({"view": view, "given": args})) == f"{escaped}|{escaped}"


def test_an_address_is_put_together_once() -> None:
    number = str(uuid4())
    before = addresses._address.cache_info()
    for _ in range(3):
        page_address("orders:detail", number)
    after = addresses._address.cache_info()
    assert (after.misses - before.misses, after.hits - before.hits) == (1, 2)


def test_a_shop_below_a_folder_has_addresses_of_its_own() -> None:
    plain = page_address("orders:list")
    set_script_prefix("/shop/")
    try:
        assert page_address("orders:list") == f"/shop{plain}"
    finally:
        set_script_prefix("/")
    assert page_address("orders:list") == plain


def test_a_name_that_there_is_not_is_refused_unless_it_goes_into_a_variable() -> None:
    with pytest.raises(NoReverseMatch):
        Template('{% url "orders:nowhere" %}').render(Context())
    assert Template('[{% url "orders:nowhere" as kept %}{{ kept }}]').render(Context()) == "[]"


def test_the_admin_that_is_looked_at_says_its_own_addresses(rf) -> None:
    request = rf.get("/admin/")
    request.resolver_match = SimpleNamespace(namespace="admin")
    page = RequestContext(request)
    assert Template('{% url "admin:index" %}').render(page) == "/admin/"
