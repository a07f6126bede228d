"""Pictures are drawn later, by a process that dies alone; whatever they do to it, the shop goes on."""

import io
import time
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from PIL import Image

from messaging.errors import FileTypeRefused, PictureTooLarge, TooManyUploads, UnsentFull
from messaging.models import Attachment
from messaging.services import renditions
from messaging.services.attachments import store_attachment
from messaging.services.renditions import draw_waiting
from messaging.services.unsent_uploads import purge_unsent
from shopcomm.core.audiences import CUSTOMER, SHOP
from shopcomm.core.pictures import decoder
from shopcomm.core.realtime import conversation_group
from tests.factories import CustomerFactory
from tests.messaging.pictures import PHONE, picture, upload

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def uploads_of_its_own(settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path


def phone_picture_that_kills_its_decoder() -> bytes:
    """The type of an item is no UTF-8 any more: the decoder follows an address that is none."""
    content = bytearray(PHONE.read_bytes())
    place = content.index(b"Exif") + 1
    assert (place, content[place]) == (177, 0x78)
    content[place] = 0xFF
    return bytes(content)


def moving(frames: int, side: int) -> bytes:
    """A GIF of grey frames, each unlike the one before."""
    many = [Image.new("L", (side, side), number % 200 + 20) for number in range(frames)]
    return encoded(many[0], "GIF", save_all=True, append_images=many[1:])


def encoded(drawn: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    drawn.save(out, form, **options)
    return out.getvalue()


def keep(actor, content: bytes, name: str = "a.jpg") -> Attachment:
    return store_attachment(actor=actor, upload=upload(content, name))


def drawn(kept: Attachment) -> Attachment:
    # However long the machine takes: a worker would go on with its next task.
    draw_waiting(within=120)
    kept.refresh_from_db()
    return kept


@pytest.fixture
def frames(monkeypatch) -> list[tuple[str, dict]]:
    """What is shown to open panes: group, and a body for each audience."""
    told: list[tuple[str, dict]] = []
    monkeypatch.setattr(renditions, "push_on_commit", lambda *frame: told.append(frame))
    return told


def test_an_upload_is_acknowledged_before_it_is_decoded(as_actor, sales, monkeypatch) -> None:
    for name in ("open", "new"):
        monkeypatch.setattr(Image, name, None)
    kept = keep(as_actor(sales), PHONE.read_bytes(), "IMG_1.heic")

    assert (kept.state, kept.kind, kept.mime) == ("pending", "image", "image/jpeg")
    assert (kept.size, kept.width, kept.height) == (677, 80, 60)


def test_a_picture_is_not_served_before_its_rendition_exists(api) -> None:
    kept = api.post("/api/v1/attachments/", {"file": upload(picture(), "a.jpg")}).json()

    early = api.get(f"/api/v1/attachments/{kept['id']}/")
    draw_waiting()
    late = api.get(f"/api/v1/attachments/{kept['id']}/")

    assert (early.status_code, early["Retry-After"], early.json()["state"]) == (202, "1", "pending")
    assert (late.status_code, late["Content-Type"]) == (200, "image/jpeg")
    assert b"SECRET-PLACE" not in b"".join(late.streaming_content)


def test_a_picture_that_fails_unexpectedly_does_not_block_the_next(as_actor, sales, monkeypatch) -> None:
    works, tried = renditions._keep, []

    def put(attachment, *given):
        tried.append(attachment.pk)
        if attachment.pk == kept[0].pk:
            raise ValueError("unheard of")
        works(attachment, *given)

    monkeypatch.setattr(renditions, "_keep", put)
    kept = [keep(as_actor(sales), picture()) for _ in range(2)]
    draw_waiting()

    assert tried.count(kept[1].pk) == 1
    assert tried.count(kept[0].pk) == renditions.MOST_ATTEMPTS
    first, second = (Attachment.objects.get(pk=each.pk) for each in kept)
    assert (first.kind, second.state) == ("file", "ready")


def test_a_phone_picture_that_crashes_its_decoder_becomes_a_plain_file(api) -> None:
    taken = api.post(
        "/api/v1/attachments/", {"file": upload(phone_picture_that_kills_its_decoder(), "IMG_1.HEIC")}
    )
    assert taken.status_code == 201

    kept = drawn(Attachment.objects.get(pk=taken.json()["id"]))

    assert (kept.state, kept.kind, kept.name, kept.mime) == (
        "failed",
        "file",
        "IMG_1.heic",
        "application/octet-stream",
    )
    saved = api.get(f"/api/v1/attachments/{kept.pk}/")
    assert (saved.status_code, saved["Content-Type"]) == (200, "application/octet-stream")
    assert saved["Content-Disposition"].startswith("attachment")


def test_a_large_plain_png_is_rendered_within_the_memory_limit(as_actor, sales) -> None:
    flat = encoded(Image.new("RGBA", (7745, 7745), (120, 90, 60, 128)), "PNG", compress_level=1)
    begun = time.process_time()
    kept = keep(as_actor(sales), flat, "a.png")
    spent = time.process_time() - begun

    assert spent < 1, "nothing is decoded while the visitor waits"
    assert (drawn(kept).state, kept.width, kept.height) == ("ready", 4096, 4096)


@pytest.mark.parametrize(("frames", "side"), [(60, 3000), (200, 1000), (301, 10)])
def test_an_animation_beyond_the_limits_is_refused_naming_the_limits(
    as_actor, sales, frames: int, side: int
) -> None:
    bomb = moving(frames, side)

    with pytest.raises(PictureTooLarge, match=r"最多 300 帧，各帧合计最多 60 百万像素"):
        keep(as_actor(sales), bomb, "a.gif")


def test_a_picture_with_too_many_pixels_is_refused_with_the_limit(as_actor, sales) -> None:
    header_only = encoded(Image.new("1", (20000, 20000)), "PNG")

    with pytest.raises(PictureTooLarge, match="最多 60 百万像素，这张有 400 百万像素"):
        keep(as_actor(sales), header_only, "a.png")


def test_a_picture_whose_header_claims_a_huge_size_is_refused(as_actor, sales) -> None:
    lie = bytearray(moving(5, 10))
    lie[6:10] = b"\x70\x17\x70\x17"  # 6000 x 6000, five times

    with pytest.raises(PictureTooLarge):
        keep(as_actor(sales), bytes(lie), "a.gif")


def lower(content: bytes, height: int) -> bytes:
    """The GIF says of itself that it is not so high: its frame reaches below its edge."""
    return content[:8] + height.to_bytes(2, "little") + content[10:]


@pytest.mark.parametrize(
    ("content", "size"),
    [
        (encoded(Image.new("P", (60, 38_440)), "GIF"), (47, 30_000)),
        (encoded(Image.new("P", (5000, 4000)), "GIF"), (4096, 3277)),
        (lower(encoded(Image.new("P", (60, 38_440)), "GIF"), 40), (47, 30_000)),
    ],
    ids=["long", "large", "beyond its own edge"],
)
def test_a_gif_is_scaled_down_like_other_pictures(as_actor, sales, content, size) -> None:
    kept = drawn(keep(as_actor(sales), content, "a.gif"))

    assert (kept.state, kept.width, kept.height) == ("ready", *size)
    assert Image.open(kept.file).size == size


def test_a_scaled_down_animated_gif_keeps_its_frames_and_timing(as_actor, sales) -> None:
    frames = [Image.new("RGB", (5000, 3000), colour) for colour in ("tan", "navy", "white")]
    content = encoded(
        frames[0], "GIF", save_all=True, append_images=frames[1:], duration=[80, 400, 120], loop=0
    )

    with Image.open(drawn(keep(as_actor(sales), content, "a.gif")).file) as kept:
        spans = []
        for number in range(kept.n_frames):
            kept.seek(number)
            spans.append(kept.info["duration"])
        assert (kept.size, kept.info["loop"], spans) == ((4096, 2458), 0, [80, 400, 120])


def test_a_decoder_out_of_memory_fails_without_ending_the_worker(as_actor, sales, settings) -> None:
    settings.PICTURE_MEMORY_BYTES = 200 * 1024 * 1024
    kept = keep(as_actor(sales), encoded(Image.new("RGB", (7000, 7000)), "PNG", compress_level=1))

    assert drawn(kept).state == "failed"


def test_the_wall_clock_limit_of_a_decoder_is_longer_than_its_cpu_limit(monkeypatch) -> None:
    """Whatever else a busy machine does goes before it."""
    by_processor, by_clock = {}, []
    monkeypatch.setattr(decoder.resource, "setrlimit", by_processor.__setitem__)
    monkeypatch.setattr(decoder.signal, "alarm", by_clock.append)
    monkeypatch.setattr(decoder.os, "nice", lambda _niceness: None)

    decoder.limit_decoder(memory=1, seconds=15)

    assert by_processor[decoder.resource.RLIMIT_CPU] == (15, 15)
    assert by_clock == [60]


def test_a_decoder_that_does_not_end_is_killed(as_actor, sales, settings) -> None:
    settings.PICTURE_SECONDS = 1
    kept = keep(as_actor(sales), moving(59, 1000), "a.gif")

    assert drawn(kept).state == "failed"


def test_a_picture_whose_worker_was_killed_is_rendered_by_the_next_worker(
    as_actor, sales, monkeypatch
) -> None:
    kept = keep(as_actor(sales), picture())
    monkeypatch.setattr(renditions, "_draw", lambda attachment: None)
    assert renditions._claim() is not None
    monkeypatch.undo()

    assert draw_waiting() == 0, "it is claimed, and that is as many as are drawn at once"
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        assert drawn(kept).state == "ready"


def test_an_uploader_of_many_pictures_does_not_delay_other_uploaders(as_actor, sales, customer) -> None:
    many = [keep(as_actor(sales), picture()) for _ in range(29)]
    other = keep(as_actor(customer), picture())
    order = []
    while claimed := renditions._claim():
        order.append(claimed.pk)
        Attachment.objects.filter(pk=claimed.pk).update(state="ready", claimed_until=None)

    # One in two at each draw: later than this by a chance of one in half a million.
    assert order.index(other.pk) < 19
    assert [pk for pk in order if pk != other.pk] == [kept.pk for kept in many]


def test_open_panes_show_the_picture_once_it_is_rendered(
    as_actor, customer, say, conversation, frames
) -> None:
    kept = keep(as_actor(customer), picture())
    message = say(as_actor(customer), "", kind="image", attachments=[str(kept.pk)])

    drawn(kept)

    [(group, bodies)] = frames
    shop = bodies[SHOP]
    assert group == conversation_group(conversation.pk)
    assert (shop["type"], shop["seq"], shop["attachment"]["state"]) == (
        "attachment.changed",
        message.seq,
        "ready",
    )
    assert bodies == {SHOP: shop, CUSTOMER: shop}


def test_a_rendered_picture_of_a_note_is_announced_to_the_shop_only(as_actor, sales, say, frames) -> None:
    kept = keep(as_actor(sales), picture())
    say(as_actor(sales), "", kind="image", attachments=[str(kept.pk)], internal=True)

    drawn(kept)

    assert [[*bodies] for _group, bodies in frames] == [[SHOP]]


def test_uploads_of_a_visitor_are_limited_per_minute(as_actor, settings) -> None:
    settings.UPLOADS_PER_MINUTE = 3
    one, other = as_actor(CustomerFactory()), as_actor(CustomerFactory())
    for _ in range(3):
        keep(one, picture())

    with pytest.raises(TooManyUploads, match="每分钟最多 3 个文件"):
        keep(one, picture())
    assert keep(other, picture()).state == "pending"


def test_too_many_uploads_answer_429_with_retry_after(phone, settings) -> None:
    settings.UPLOADS_PER_MINUTE = 1
    answers = [phone.post("/attachments/", {"file": upload(picture())}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 429]
    assert 1 <= int(answers[1]["Retry-After"]) <= 60


def test_unsent_uploads_are_limited_and_sending_them_makes_room(as_actor, customer, say, settings) -> None:
    settings.UNSENT_UPLOAD_BYTES = 1500
    actor, text = as_actor(customer), b"x" * 1000
    kept = keep(actor, text, "a.txt")

    with pytest.raises(UnsentFull, match=r"合计最多 0\.00143 MB"):
        keep(actor, text, "b.txt")
    say(actor, "", kind="file", attachments=[str(kept.pk)])
    assert keep(actor, text, "b.txt").size == 1000


def test_unsent_uploads_are_deleted_with_their_files_after_a_while(
    as_actor, customer, say, settings, tmp_path
) -> None:
    sent, unsent = keep(as_actor(customer), picture()), keep(as_actor(customer), picture())
    say(as_actor(customer), "", kind="image", attachments=[str(sent.pk)])
    draw_waiting()
    assert purge_unsent() == 0

    with time_machine.travel(timezone.now() + timedelta(hours=settings.UNSENT_UPLOAD_HOURS + 1)):
        from django.test import TestCase

        with TestCase.captureOnCommitCallbacks(execute=True):
            assert purge_unsent() == 1

    assert list(Attachment.objects.values_list("pk", flat=True)) == [sent.pk]
    left = sorted(path.stem for path in tmp_path.rglob("*") if path.is_file())
    assert left == [str(sent.pk)] * 2
    assert not Attachment.objects.filter(pk=unsent.pk).exists()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_refusal_of_a_file_names_the_accepted_types(phone, language: str) -> None:
    phone.cookies["django_language"] = language
    answer = phone.post("/attachments/", {"file": upload(b"MZ\x90\0", "a.exe")})

    assert answer.status_code == 415
    for name in ("JPG", "HEIC", "AVIF", "MP4", "AMR", "CSV"):
        assert name in answer.json()["detail"]
    assert ("films" in answer.json()["detail"]) == (language == "en")


def test_a_broken_picture_is_refused_as_broken(as_actor, sales) -> None:
    with pytest.raises(FileTypeRefused, match="已损坏"):
        keep(as_actor(sales), picture()[:60])


def test_phone_pictures_are_converted_to_srgb_and_lose_their_colour_profile(as_actor, sales) -> None:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    kept = drawn(
        keep(
            as_actor(sales),
            encoded(Image.new("RGB", (50, 50), (120, 72, 40)), "JPEG", quality=95, icc_profile=profile),
        )
    )

    shown = Image.open(kept.file)
    assert "icc_profile" not in shown.info
    assert all(
        abs(one - other) <= 3 for one, other in zip(shown.getpixel((25, 25)), (120, 72, 40), strict=True)
    )


def test_a_transparent_picture_stays_transparent(as_actor, sales) -> None:
    kept = drawn(keep(as_actor(sales), encoded(Image.new("RGBA", (20, 20), (0, 0, 0, 0)), "PNG"), "a.png"))

    assert Image.open(kept.file).getpixel((3, 3))[3] == 0
