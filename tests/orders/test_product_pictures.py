"""A manager's picture of goods is drawn by a process of its own, and shown."""

import pytest
from django.urls import reverse
from PIL import Image

from tests.messaging.pictures import picture, upload
from tests.orders.test_orders_admin import form_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def no_decoder_here(monkeypatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a decoder runs in the web process")

    monkeypatch.setattr(Image, "open", refuse)


def sent(client, variant, content: bytes, name: str = "a.jpg"):
    page = reverse("admin:orders_variant_change", args=[variant.pk])
    return client.post(page, form_of(variant, picture=upload(content, name)))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "HEIF"])
def test_a_product_picture_is_rendered_in_another_process_and_public(
    log_in, client, manager, variant, form: str, no_decoder_here
) -> None:
    content = picture(form)

    assert sent(log_in(manager), variant, content).status_code == 302

    variant.refresh_from_db()
    client.logout()
    shown = client.get(variant.picture.url)
    assert shown.status_code == 200
    assert shown["Content-Type"] in ("image/jpeg", "image/png")
    assert b"SECRET-PLACE" not in b"".join(shown.streaming_content)


@pytest.mark.parametrize("content", [b"GIF89a" + bytes(20), b"hello", b"\xff\xd8\xff\xe0" + bytes(100)])
def test_a_file_that_is_no_picture_is_refused_in_the_form(log_in, manager, variant, content: bytes) -> None:
    answer = sent(log_in(manager), variant, content)

    assert answer.status_code == 200
    variant.refresh_from_db()
    assert not variant.picture


def test_no_other_uploaded_file_is_served(client, variant, tmp_path) -> None:
    (tmp_path / "products").mkdir()
    (tmp_path / "products" / "x.jpg").write_bytes(b"secret")

    assert client.get("/media/products/x.jpg").status_code == 404
    assert client.get("/media/products/..%2Fx.jpg").status_code == 404
    assert client.get("/media/attachments/x.jpg").status_code == 404


def test_a_new_sku_is_stored_in_capitals(log_in, manager, variant) -> None:
    page = reverse("admin:orders_variant_add")

    log_in(manager).post(page, form_of(variant, sku="fb01-nv"))

    assert variant.product.variants.filter(sku="FB01-NV").exists()


def test_the_file_of_a_replaced_picture_is_deleted(
    log_in, manager, variant, tmp_path, django_capture_on_commit_callbacks
) -> None:
    client = log_in(manager)
    for form in ("JPEG", "PNG"):
        with django_capture_on_commit_callbacks(execute=True):
            assert sent(client, variant, picture(form)).status_code == 302

    variant.refresh_from_db()
    assert [path.name for path in (tmp_path / "products").iterdir()] == [
        variant.picture.name.removeprefix("products/")
    ]
