"""A slice of `make fuzz` with a fixed seed: no odd request is an error of ours, no odd frame makes a socket mute."""

import pytest
from django.test import Client

from fuzz import frames, requests
from fuzz.knock import Answer, Knock
from fuzz.mutants import mutant
from fuzz.nonsense import spoilt_json
from fuzz.pictures import run, samples
from fuzz.servers import HttpSender
from messaging.models import Conversation
from messaging.services.messages import send_message
from orders.models import Status
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.pictures.draw import draw_picture
from shopcomm.core.pictures.formats import Format
from shopcomm.core.pictures.headers import read_header
from tests.factories import make_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(order, manager, sales, warehouse) -> None:
    """An order at each stage, and a message to answer."""
    for status in (Status.PAID, Status.PICKING, Status.SHIPPED, Status.DELIVERED):
        make_order(status=status, customer=order.customer)
    talk = Conversation.objects.get(order=order)
    send_message(
        actor=Actor.customer(order.customer),
        conversation_id=talk.pk,
        client_id="0d5d8a0e-5f0c-4cfb-9a6e-0a7a2a1c7b12",
        body="改成 3 个",
    )


def through_the_client(knock: Knock) -> Answer:
    """Without a server: the same middleware, views and handlers."""
    client = Client(raise_request_exception=False, headers={**knock.headers, "x-csrftoken": "c" * 32})
    kind = knock.headers.get("Content-Type", "application/octet-stream")
    answer = client.generic(knock.method, knock.path, knock.content, content_type=kind)
    is_page = answer.headers.get("Content-Type", "").startswith("text/html") and answer.status_code < 300
    return Answer(answer.status_code, answer.content.decode() if is_page and not answer.streaming else "")


def test_no_fuzzed_request_causes_a_server_error(shop, settings) -> None:
    settings.API_RATE = settings.UPLOADS_PER_MINUTE = settings.SOCKET_RATE = 1_000_000

    told = requests.run(through_the_client, count=450, seed=3)

    assert told.failures == []
    assert told.count == 450
    # It gets behind the doors, and meets refusals of every kind.
    assert len(told.opened) > 40
    assert {200, 302, 400, 403, 404} <= set(told.statuses)


@pytest.mark.django_db(transaction=True)
def test_every_fuzzed_frame_leaves_the_socket_working(shop, live, settings) -> None:
    settings.SOCKET_RATE = 1_000_000

    told = frames.run(live.ws_url, count=300, seed=3)

    assert told.failures == []
    assert told.count == 300
    assert {"pong", "bad_frame", "unknown_type", "not_found", "handshake 403", "closed 4401"} <= set(
        told.answers
    )


@pytest.mark.parametrize("name", ["JPEG", "PNG", "GIF", "HEIF", "xlsx"])
def test_no_mutated_upload_ends_a_process(name: str) -> None:
    told = run(name, samples()[name], count=12, seed=3)

    assert told.harms == []
    assert sum(told.outcomes.values()) == 12


def test_a_gif_frame_outside_the_canvas_does_not_enlarge_the_picture(tmp_path) -> None:
    sound = samples()["GIF"]
    # The place of the second frame, four lines lower: it ends below the picture.
    second = sound.index(b"\x2c\x00\x00\x00\x00", sound.index(b"\x2c\x00\x00\x00\x00") + 1)
    broken = sound[: second + 3] + b"\x04" + sound[second + 4 :]

    drawn = draw_picture(broken, Format.GIF)

    header = read_header(drawn.full)
    assert header is not None
    assert (drawn.width, drawn.height) == (header.width, header.height)


def test_the_same_seed_produces_the_same_mutated_files() -> None:
    from random import Random

    sound = samples()["JPEG"]

    assert mutant(Random(5), sound) == mutant(Random(5), sound) != sound
    assert spoilt_json(Random(5), {"a": [1]}) == spoilt_json(Random(5), {"a": [1]})


def test_an_overlong_url_is_answered_with_a_client_error(live) -> None:
    answer = HttpSender(live.url)(Knock("nobody", "GET", "/orders/?q=" + "x" * 70_000))

    assert 400 <= answer.status < 500
