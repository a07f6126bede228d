"""Files: taken by their content, freed of what they betray, shown only to those who may see the conversation."""

import io
from uuid import uuid4

import pytest
from django.test import Client
from PIL import Image

from messaging.errors import FileTypeRefused
from messaging.models import Attachment
from messaging.presenters import message_object
from messaging.services.attachments import store_attachment
from messaging.services.messages import recall_message
from messaging.services.renditions import draw_waiting
from shopcomm.core.accounts.services.order_links import link_url
from shopcomm.core.audiences import SHOP
from tests.factories import make_order
from tests.messaging.pictures import archive, picture, upload

pytestmark = pytest.mark.django_db
OFFICE = "[Content_Types].xml"


@pytest.fixture(autouse=True)
def uploads_of_its_own(settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def phone(customer, order) -> Client:
    """The customer's browser, after opening the link."""
    browser = Client()
    browser.get(link_url(customer=customer, order_id=order.pk))
    return browser


def keep(actor, content: bytes, name: str = "a.bin") -> Attachment:
    """Uploaded, and drawn if it is a picture."""
    kept = store_attachment(actor=actor, upload=upload(content, name))
    draw_waiting()
    kept.refresh_from_db()
    return kept


def send(client: Client, content: bytes, name: str = "a.jpg", mime: str = "image/jpeg"):
    answer = client.post("/attachments/", {"file": upload(content, name, mime)})
    draw_waiting()
    return answer


@pytest.mark.parametrize(
    ("form", "mime"),
    [
        ("JPEG", "image/jpeg"),
        ("PNG", "image/png"),
        ("WEBP", "image/webp"),
        ("GIF", "image/gif"),
        ("HEIF", "image/jpeg"),
        ("MPO", "image/jpeg"),
        ("AVIF", "image/jpeg"),
        ("BMP", "image/png"),
    ],
)
def test_uploaded_pictures_lose_their_location_data(as_actor, sales, form: str, mime: str) -> None:
    kept = keep(as_actor(sales), picture(form), "IMG_1.heic")

    content = kept.file.read()
    assert (kept.kind, kept.mime, kept.width, kept.height) == ("image", mime, 80, 60)
    assert b"SECRET-PLACE" not in content
    assert not Image.open(io.BytesIO(content)).getexif()
    assert Image.open(kept.thumbnail).format == "WEBP"


def test_a_picture_is_rotated_by_its_exif_orientation(as_actor, sales) -> None:
    kept = keep(as_actor(sales), picture(size=(80, 60), orientation=6))

    assert (kept.width, kept.height) == (60, 80)


def test_an_animated_gif_stays_animated(as_actor, sales) -> None:
    out = io.BytesIO()
    frames = [Image.new("RGB", (20, 20), color) for color in ("red", "green", "blue")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], comment=b"SECRET")

    content = keep(as_actor(sales), out.getvalue()).file.read()

    assert Image.open(io.BytesIO(content)).n_frames == 3
    assert b"SECRET" not in content


def test_a_huge_picture_is_scaled_down_to_4096_pixels(as_actor, sales) -> None:
    kept = keep(as_actor(sales), picture("JPEG", (8000, 4000)))

    assert (kept.width, kept.height) == (4096, 2048)
    assert Image.open(kept.thumbnail).size == (480, 240)


def test_a_long_screenshot_stays_readable(as_actor, sales) -> None:
    kept = keep(as_actor(sales), picture("PNG", (1242, 20000)))

    assert Image.open(kept.file).size == (1242, 20000)
    assert Image.open(kept.thumbnail).size == (192, 480), "its beginning, not all of it as a line"


@pytest.mark.parametrize(
    ("content", "name", "mime"),
    [
        (b"%PDF-1.7\n%%EOF", "报价单.pdf", "application/pdf"),
        (archive("a.txt"), "图.zip", "application/zip"),
        (archive(OFFICE, "word/document.xml"), "合同.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (archive(OFFICE, "xl/workbook.xml"), "清单", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "旧.xls", "application/vnd.ms-excel"),
    ],
)  # fmt: skip
def test_documents_are_recognised_by_content(as_actor, sales, content: bytes, name: str, mime: str) -> None:
    kept = keep(as_actor(sales), content, name)

    assert (kept.kind, kept.mime) == ("file", mime)
    assert kept.name.startswith(name)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"MZ\x90\x00" + b"\0" * 300,
        b"#!/bin/sh\nrm -rf /",
        b"PK\x03\x04 broken",
        picture()[:60],
        b"hello",
    ],
)
def test_other_file_types_are_refused_whatever_type_they_claim(as_actor, sales, content: bytes) -> None:
    with pytest.raises(FileTypeRefused):
        keep(as_actor(sales), content, "照片.jpg")
    assert not Attachment.objects.exists()


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.jpg", "C:\\照片\\a.jpg", "a\x00\r\nX: y.jpg", "." * 300, "长" * 300]
)
def test_a_file_name_is_stripped_of_paths_and_control_characters(phone, name: str) -> None:
    kept = send(phone, picture(), name).json()

    assert not set("/\\\r\n\0") & set(kept["name"])
    assert kept["name"].endswith(".jpg")
    answer = phone.get(kept["url"])
    assert answer.status_code == 200


def test_a_refused_upload_answers_with_code_and_limit(phone, settings) -> None:
    assert (send(phone, b"<html>").status_code, send(phone, b"<html>").json()["code"]) == (
        415,
        "file_type_refused",
    )
    settings.MAX_ATTACHMENT_BYTES = 100
    large = send(phone, picture())
    assert (large.status_code, large.json()["code"], large.json()["limit"]) == (413, "file_too_large", 100)


def test_an_upload_without_a_session_is_refused() -> None:
    assert send(Client(), picture()).status_code == 403


def test_uploaded_files_are_served_sandboxed_and_cannot_run_scripts(phone) -> None:
    shown = phone.get(send(phone, picture()).json()["url"])
    saved = phone.get(send(phone, b"%PDF-1.7 <script>", "a.pdf").json()["url"])

    for answer in (shown, saved):
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer["Content-Security-Policy"]
        assert "private" in answer["Cache-Control"]
    assert shown["Content-Disposition"].startswith("inline")
    assert saved["Content-Disposition"].startswith("attachment")


def sent_picture(say, actor, **given) -> str:
    kept = keep(actor, picture())
    say(actor, "", kind="image", attachments=[str(kept.pk)], **given)
    return f"/attachments/{kept.pk}/"


def test_a_file_is_visible_to_the_people_of_its_conversation_only(
    say, as_actor, customer, sales, other_customer, phone, log_in, api
) -> None:
    url = sent_picture(say, as_actor(customer))
    foreign_order = make_order(customer=other_customer)
    stranger = Client()
    stranger.get(link_url(customer=other_customer, order_id=foreign_order.pk))

    assert phone.get(url).status_code == 200
    assert phone.get(f"{url}thumbnail/").status_code == 200
    assert log_in(sales).get(url).status_code == 200
    assert api.get(f"/api/v1{url}").status_code == 200
    assert stranger.get(url).status_code == 404
    assert Client().get(url).status_code == 404
    assert phone.get(f"/attachments/{uuid4()}/").status_code == 404


def test_before_it_is_sent_only_its_uploader_sees_a_file(as_actor, customer, sales, phone, log_in) -> None:
    kept = keep(as_actor(customer), picture())

    assert phone.get(f"/attachments/{kept.pk}/").status_code == 200
    assert log_in(sales).get(f"/attachments/{kept.pk}/").status_code == 404


def test_a_picture_in_an_internal_note_is_hidden_from_the_customer(
    say, as_actor, sales, phone, log_in
) -> None:
    url = sent_picture(say, as_actor(sales), internal=True)

    assert phone.get(url).status_code == 404
    assert log_in(sales).get(url).status_code == 200


def test_a_recalled_picture_is_no_longer_served_to_the_customer(
    say, as_actor, sales, conversation, phone
) -> None:
    url = sent_picture(say, as_actor(sales))
    seq = conversation.messages.latest("seq").seq
    recall_message(actor=as_actor(sales), conversation_id=conversation.pk, seq=seq)

    assert phone.get(url).status_code == 404


def test_a_file_can_be_sent_once_and_only_by_its_uploader(say, as_actor, customer, sales) -> None:
    from messaging.errors import AttachmentUnknown

    kept = keep(as_actor(customer), picture())
    with pytest.raises(AttachmentUnknown):
        say(as_actor(sales), "", kind="image", attachments=[str(kept.pk)])
    say(as_actor(customer), "", kind="image", attachments=[str(kept.pk)])
    with pytest.raises(AttachmentUnknown):
        say(as_actor(customer), "", kind="image", attachments=[str(kept.pk)])


def test_repeating_a_message_with_a_file_returns_the_stored_file(say, as_actor, customer) -> None:
    kept, client_id = keep(as_actor(customer), b"%PDF-1.4 wish"), uuid4()
    first, again = (
        say(as_actor(customer), kind="file", body="", attachments=[str(kept.pk)], client_id=client_id)
        for _ in range(2)
    )

    assert again.pk == first.pk
    assert [each["id"] for each in message_object(again, SHOP)["attachments"]] == [str(kept.pk)]


def test_an_integration_uploads_a_file_and_sends_it(api, conversation) -> None:
    kept = api.post("/api/v1/attachments/", {"file": upload(picture(), "样品.jpg")})
    draw_waiting()
    assert kept.status_code == 201
    assert {"id", "kind", "mime", "size", "width", "height"} <= set(kept.json())
    assert api.get(f"/api/v1/attachments/{kept.json()['id']}/").status_code == 200

    sent = api.post(
        f"/api/v1/conversations/{conversation.pk}/messages/",
        {"client_id": str(uuid4()), "kind": "image", "attachments": [kept.json()["id"]]},
        content_type="application/json",
    )

    assert (sent.status_code, sent.json()["attachments"][0]["id"]) == (201, kept.json()["id"])
