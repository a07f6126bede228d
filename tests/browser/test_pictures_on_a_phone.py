"""Photos from a phone on a slow line: reduced before they leave, no word waits for them, and none is lost or doubled."""

import io

import pytest
from django.urls import reverse
from PIL import Image
from playwright.sync_api import expect

from messaging.models import Attachment, Message
from orders.models import AfterSalesCase, Status
from shopcomm.core.accounts.services.order_links import link_token, make_link
from tests.browser.chat import message, ready, say, until
from tests.factories import make_order
from tests.messaging.pictures import PHONE

pytestmark = pytest.mark.django_db(transaction=True)
SMALL = {"width": 390, "height": 844}
# Bytes a second at which a megabyte takes long enough to write something meanwhile.
SLOW = 120_000


def make_camera_photo() -> bytes:
    """A camera's: large, full of detail, and held sideways."""
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    Image.effect_noise((2400, 1800), 40).convert("RGB").save(out, "JPEG", quality=92, exif=exif)
    return out.getvalue()


def path_of(order, page: str) -> str:
    return reverse(f"portal:{page}", args=[link_token(make_link(customer=order.customer, order_id=order.pk))])


def test_a_photo_is_resized_and_shown_while_uploading_and_text_is_sent_meanwhile(browse, wire, order):
    given = make_camera_photo()
    phone = ready(browse(f"{wire.url}{path_of(order, 'chat')}", **SMALL))
    wire.rate = SLOW
    phone.locator('[data-files-input="image"]').set_input_files(
        {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": given}
    )
    bar = phone.locator("[data-unsent] progress")
    until(phone, lambda: bar.count() and bar.evaluate("(bar) => bar.value") > 0)
    say(phone, "照片在传")
    expect(message(phone, "照片在传")).to_be_visible()
    assert not Message.objects.filter(kind="image").exists()
    # The line is gone in the middle of it.
    wire.drop()
    wire.rate = 0
    expect(phone.locator("[data-unsent] .msg")).to_have_count(0)

    sent = Message.objects.get(kind="image").attachments.get()
    assert sent.size < len(given)
    assert sent.size <= 1024 * 1024
    assert (sent.width, sent.height) == (1536, 2048)


def test_claim_pictures_upload_before_the_form_and_undisplayable_ones_show_a_name(browse, live, customer):
    order = make_order(customer=customer, status=Status.DELIVERED)
    phone = browse(f"{live.url}{path_of(order, 'after-sales')}", **SMALL)
    phone.locator("input[type=file]").set_input_files(
        [
            {"name": "seam.jpg", "mimeType": "image/jpeg", "buffer": make_camera_photo()},
            {"name": "IMG_2.HEIC", "mimeType": "image/heic", "buffer": PHONE.read_bytes()},
        ]
    )
    tiles = phone.locator("[data-photo]")
    expect(tiles.nth(0).locator("img")).to_be_visible()
    expect(tiles.nth(1).locator("img")).to_be_hidden()
    expect(tiles.nth(1).get_by_text("IMG_2.HEIC")).to_be_visible()
    phone.get_by_text("破损、质量问题").click()
    phone.get_by_role("button", name="提交申请").click()
    expect(phone.get_by_text("等待商家处理")).to_be_visible()

    case = AfterSalesCase.objects.get()
    sizes = Attachment.objects.in_bulk(case.pictures)
    assert len(case.pictures) == 2
    assert max(each.size for each in sizes.values()) <= 1024 * 1024
    assert Message.objects.get(kind="image").attachments.count() == 2


def test_pictures_chosen_while_the_page_was_renewed_are_in_the_claim(browse, live, customer):
    order = make_order(customer=customer, status=Status.DELIVERED)
    phone = browse(f"{live.url}{path_of(order, 'after-sales')}", **SMALL)
    with phone.expect_file_chooser() as opened:
        phone.locator(".photo-tile.add").click()
    phone.evaluate("document.querySelector('[data-live=claim]').dataset.before = ''")
    phone.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(phone.locator("[data-live=claim]:not([data-before])")).to_be_visible()
    opened.value.set_files({"name": "seam.jpg", "mimeType": "image/jpeg", "buffer": make_camera_photo()})
    expect(phone.locator("[data-photo] img")).to_be_visible()
    phone.get_by_text("破损、质量问题").click()
    phone.get_by_role("button", name="提交申请").click()
    expect(phone.get_by_text("等待商家处理")).to_be_visible()
    assert len(AfterSalesCase.objects.get().pictures) == 1
