"""Files on their way out: whole or in parts, never able to run, and with a word where they cannot be had."""

from pathlib import Path

import pytest
from django.test import Client

from messaging.models import Attachment
from messaging.services.renditions import draw_waiting
from tests.messaging.pictures import picture, upload
from tests.messaging.test_file_kinds import FILM

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def uploads_of_its_own(settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path


def kept(browser: Client, content: bytes, name: str) -> str:
    answer = browser.post("/attachments/", {"file": upload(content, name)})
    assert answer.status_code == 201
    draw_waiting()
    return answer.json()["url"]


@pytest.mark.parametrize(
    ("asked", "status", "content", "said"),
    [
        ("bytes=0-3", 206, FILM[:4], f"bytes 0-3/{len(FILM)}"),
        ("bytes=4-", 206, FILM[4:], f"bytes 4-{len(FILM) - 1}/{len(FILM)}"),
        ("bytes=-8", 206, FILM[-8:], f"bytes {len(FILM) - 8}-{len(FILM) - 1}/{len(FILM)}"),
        ("bytes=0-999999", 206, FILM, f"bytes 0-{len(FILM) - 1}/{len(FILM)}"),
        ("bytes=999999-", 416, b"", f"bytes */{len(FILM)}"),
        ("bytes=5-2", 416, b"", f"bytes */{len(FILM)}"),
        ("bytes=-0", 416, b"", f"bytes */{len(FILM)}"),
    ],
)
def test_a_range_request_gets_the_requested_part(
    phone, asked: str, status: int, content: bytes, said: str
) -> None:
    answer = phone.get(kept(phone, FILM, "a.mp4"), headers={"range": asked})

    assert (answer.status_code, answer.content, answer["Content-Range"]) == (status, content, said)


@pytest.mark.parametrize(
    "asked", ["", "bytes=", "bytes=a-b", "lines=1-2", "bytes=0-1,4-5", "bytes=" + "9" * 500 + "-"]
)
def test_an_unsupported_range_header_gets_the_whole_file_or_416(phone, asked: str) -> None:
    answer = phone.get(kept(phone, FILM, "a.mp4"), headers={"range": asked})

    assert answer.status_code in (200, 416)
    if answer.status_code == 200:
        assert b"".join(answer.streaming_content) == FILM
        assert answer["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize(
    ("content", "name", "mime", "how"),
    [
        (FILM, "a.mp4", "video/mp4", "inline"),
        (b"ID3" + b"\0" * 40, "a.mp3", "audio/mpeg", "inline"),
        (b"a,b\n1,2", "a.csv", "text/csv", "attachment"),
        (b"words", "a.txt", "text/plain", "attachment"),
        (b"%PDF-1.7", "a.pdf", "application/pdf", "attachment"),
    ],
)
def test_only_pictures_and_media_are_served_inline(
    phone, content: bytes, name: str, mime: str, how: str
) -> None:
    answer = phone.get(kept(phone, content, name))

    assert answer["Content-Type"] == mime
    assert answer["Content-Disposition"].startswith(how)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]


def test_a_missing_file_answers_that_it_is_gone(phone, api, say, conversation, as_actor, customer) -> None:
    url = kept(phone, picture(), "a.jpg")
    found = Attachment.objects.get()
    say(as_actor(customer), "", kind="image", attachments=[str(found.pk)])
    Path(found.file.path).unlink()
    Path(found.thumbnail.path).unlink()

    for address in (url, f"{url}thumbnail/"):
        by_script = phone.get(address)
        assert (by_script.status_code, by_script.json()["code"]) == (404, "file_missing")
    by_key = api.get(f"/api/v1{url}")
    assert (by_key.status_code, by_key.json()["code"]) == (404, "file_missing")
    page = phone.get(url, headers={"accept": "text/html,*/*"})
    assert page.status_code == 404
    assert "这个文件已不在服务器上" in page.content.decode()


def test_an_unwritable_upload_folder_answers_503_and_not_500(phone, api, settings, tmp_path) -> None:
    # Root may write anywhere; a file in the folder's place refuses everybody.
    settings.MEDIA_ROOT = tmp_path / "taken"
    (tmp_path / "taken").write_text("")

    answer = phone.post("/attachments/", {"file": upload(picture())})
    by_key = api.post("/api/v1/attachments/", {"file": upload(picture())}, headers={"idempotency-key": "k1"})

    assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
    assert answer["Retry-After"] == by_key["Retry-After"] == "15"
    assert (by_key.status_code, by_key.json()["code"]) == (503, "storage_unavailable")
    assert not Attachment.objects.exists()

    settings.MEDIA_ROOT = tmp_path / "mended"
    again = api.post("/api/v1/attachments/", {"file": upload(picture())}, headers={"idempotency-key": "k1"})
    assert again.status_code == 201, "a key does not keep an answer that says: not now"


def test_a_picture_is_processed_later_when_its_folder_is_unavailable(
    phone, settings, tmp_path, monkeypatch
) -> None:
    phone.post("/attachments/", {"file": upload(picture())})
    here = settings.MEDIA_ROOT
    (tmp_path / "attachments").chmod(0o700)
    from messaging.services import renditions

    def away(content: bytes, form: object) -> None:
        raise PermissionError(30, "Read-only file system")

    monkeypatch.setattr(renditions, "draw_picture", away)
    draw_waiting()
    found = Attachment.objects.get()
    assert (found.state, found.attempts) == ("pending", 0)

    monkeypatch.undo()
    settings.MEDIA_ROOT = here
    Attachment.objects.update(claimed_until=None)
    draw_waiting()
    found.refresh_from_db()
    assert found.state == "ready"
