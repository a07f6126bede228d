"""The shop's settings: read once for a page, and as they are now for the next one and for every change."""

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from shopcomm.core.configuration.middleware import SettingsMiddleware
from shopcomm.core.configuration.models import ShopSettings, shop_settings

pytestmark = pytest.mark.django_db


def times_read(captured: CaptureQueriesContext) -> int:
    return sum("configuration_shopsettings" in each["sql"] for each in captured.captured_queries)


@pytest.mark.parametrize("path", ["/inbox/", "/orders/", "/orders/?todo=1"])
def test_a_sales_page_reads_the_settings_once(path, client, sales) -> None:
    client.force_login(sales)
    client.get(path)

    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200

    assert times_read(captured) == 1


def test_the_next_page_sees_a_changed_setting(client, sales, manager) -> None:
    client.force_login(sales)
    seen = []
    for shop_name in ("一号店", "二号店"):
        ShopSettings.objects.update_or_create(pk=1, defaults={"shop_name": shop_name})
        seen.append(client.get("/inbox/").context["shop"].shop_name)

    assert seen == ["一号店", "二号店"]


@pytest.mark.parametrize(("method", "after"), [("get", False), ("head", False), ("post", True)])
def test_only_a_request_that_may_write_reads_the_settings_again(method, after) -> None:
    answers = []

    def view(request: HttpRequest) -> HttpResponse:
        shop_settings()
        ShopSettings.objects.update_or_create(pk=1, defaults={"sales_see_all": True})
        answers.append(shop_settings().sales_see_all)
        return HttpResponse()

    SettingsMiddleware(view)(getattr(RequestFactory(), method)("/"))

    assert answers == [after]
    assert shop_settings().sales_see_all


def test_a_failed_page_leaves_no_cached_settings_behind() -> None:
    def view(request: HttpRequest) -> HttpResponse:
        shop_settings()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        SettingsMiddleware(view)(RequestFactory().get("/"))
    ShopSettings.objects.update_or_create(pk=1, defaults={"sales_see_all": True})

    assert shop_settings().sales_see_all
