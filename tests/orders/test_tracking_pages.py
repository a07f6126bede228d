"""Where the number of a parcel leads: to the courier's own page, or onto the clipboard."""

import re
from urllib.parse import urlsplit

import pytest
from django.urls import reverse

from orders.reading.couriers import COURIERS, TRACKING_PAGES, tracking_page_url
from orders.reading.waybills import SHAPES
from shopcomm.core.accounts.services.order_links import link_token, make_link
from tests.factories import make_order, move, parcel

# The site that each courier has registered; a page elsewhere would hand the number to somebody else.
SITES = {
    "shunfeng": "www.sf-express.com",
    "zhongtong": "www.zto.com",
    "jd": "www.jdl.com",
    "dhl": "www.dhl.com",
    "fedex": "www.fedex.com",
    "ups": "www.ups.com",
}


@pytest.mark.parametrize("code", TRACKING_PAGES)
def test_a_tracking_page_url_is_the_couriers_own_and_contains_the_number(code) -> None:
    number = next((shape.sample for shape in SHAPES if shape.courier == code), "1234567890")
    page = tracking_page_url(code, number)
    assert code in COURIERS
    assert (urlsplit(page).scheme, urlsplit(page).netloc) == ("https", SITES[code])
    assert page.count(number) == 1


@pytest.mark.parametrize(
    ("code", "number", "page"),
    [
        ("yunda", "431234567890123", ""),
        ("other", "1", ""),
        ("nobody", "1", ""),
        ("jd", " ", ""),
        ("jd", "JD 1/&x=2#", "https://www.jdl.com/orderSearch/?waybillCodes=JD%201%2F%26x%3D2%23"),
    ],
)
def test_an_unsupported_number_has_no_tracking_page_and_odd_ones_are_escaped(code, number, page) -> None:
    assert tracking_page_url(code, number) == page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("carrier", "number", "leads_to"),
    [
        (
            "shunfeng",
            "SF1234567890123",
            "https://www.sf-express.com/chn/sc/waybill/waybill-detail/SF1234567890123",
        ),
        ("yunda", "431234567890123", ""),
    ],
)
def test_phone_and_desk_link_to_the_couriers_page_or_copy_the_number(
    client, log_in, customer, manager, carrier, number, leads_to
) -> None:
    order = make_order(customer=customer, via=["paid", "picking"])
    move(order, "shipped", **parcel(carrier=carrier, tracking_number=number))
    token = link_token(make_link(customer=customer, order_id=order.pk))
    pages = [client.get(reverse("portal:order", args=[token])).content.decode()]
    pages.append(log_in(manager).get(f"/orders/{order.number}/").content.decode())
    for page in pages:
        assert f'data-copy="{number}"' in page
        linked = re.findall(r'href="(https://[^"]+)"[^>]*rel="noopener noreferrer"', page)
        assert linked == [leads_to] * bool(leads_to)
