"""What a call's query may hold: what the description names, and nothing else."""

import re
from contextlib import suppress
from uuid import UUID

import pytest
from django.test import Client
from django.urls import Resolver404, resolve

from shopcomm.core.http.api import StrictQueryView
from tests.api.test_orders_api import problem

pytestmark = pytest.mark.django_db


def described(client: Client) -> dict[str, dict[str, set[str]]]:
    """The query parameters of each call, by its address and method."""
    paths = client.get("/api/schema/", headers={"accept": "application/vnd.oai.openapi+json"}).json()["paths"]
    return {
        path: {
            method: {each["name"] for each in call.get("parameters", []) if each["in"] == "query"}
            for method, call in calls.items()
        }
        for path, calls in paths.items()
    }


def view_at(path: str) -> type:
    for part in ("1", str(UUID(int=1))):
        with suppress(Resolver404):
            return resolve(re.sub(r"\{\w+\}", part, path)).func.view_class
    raise AssertionError(path)


def test_what_the_description_names_is_what_a_call_takes(client) -> None:
    for path, calls in described(client).items():
        view = view_at(path)
        if not issubclass(view, StrictQueryView):
            continue
        taken = set(view.filters._declared_fields) if view.filters else set()
        assert calls.get("get", set()) == taken, path
        assert not set().union(*(names for method, names in calls.items() if method != "get")), path


@pytest.mark.parametrize("path", ["orders/?stauts=paid", "products/?=1", "conversations/?limit=2&order=XB"])
def test_a_misspelt_filter_is_refused_where_it_would_show_everything(api, path: str) -> None:
    told = problem(api.get(f"/api/v1/{path}"), 400, "invalid")
    assert list(told["errors"].values()) == [["没有这个参数"]]


def test_a_call_that_changes_something_takes_no_query(api, order) -> None:
    assert problem(api.post(f"/api/v1/orders/{order.number}/transitions/?to=paid", {}), 400, "invalid")[
        "errors"
    ].keys() == {"to"}
