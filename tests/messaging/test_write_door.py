"""One statement decides what becomes of a message, with files or without, whichever entrance it comes by."""

import asyncio
import json
from uuid import UUID, uuid4

import pytest
from channels.db import database_sync_to_async
from django.db import transaction

from messaging.consumers.batch_writer import BatchWriter
from messaging.errors import AttachmentUnknown, NotFound
from messaging.models import Attachment, Conversation, Message
from messaging.services.attachments import store_attachment
from messaging.services.drafts import Draft
from messaging.services.frames import message_frame
from messaging.services.messages import write_messages
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.database.plan_ages import FIRST_ROWS
from tests.messaging.pictures import upload
from tests.messaging.test_socket import customer_cookie_of, say, socket, staff_cookie_of, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def uploads_of_its_own(settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def talk(order) -> Conversation:
    return Conversation.objects.get(order=order)


@pytest.fixture
def keep(customer):
    """Uploads a file; by the customer if nobody else is named. Answers its id."""

    def kept(name: str = "a.pdf", actor: Actor | None = None) -> UUID:
        actor = actor or Actor.customer(customer)
        return store_attachment(actor=actor, upload=upload(b"%PDF-1.4 wish", name)).pk

    return kept


@pytest.fixture
def draft(talk, customer):
    def made(*files: UUID, **fields) -> Draft:
        given = {"conversation_id": talk.pk, "client_id": str(uuid4()), "kind": "file" if files else "text"}
        sender = {"sender_kind": "customer", "sender_id": customer.pk, "sender_name": customer.name}
        return Draft(body="在吗", attachments=files, **given | sender | fields)

    return made


async def by_socket(*drafts: Draft) -> list:
    """What the socket's entrance says to drafts of one batch: a message each, or why not."""
    writer = BatchWriter()
    answers = [writer.write(each) for each in drafts]
    found = await asyncio.gather(*answers, return_exceptions=True)
    await writer._drop()
    return found


def by_page(*drafts: Draft) -> list:
    """What the entrance of pages and programs says."""
    found = []
    for each in drafts:
        try:
            found += write_messages([each])
        except (AttachmentUnknown, NotFound) as refusal:
            found.append(refusal)
    return found


@pytest.fixture(params=["socket", "page"])
def write(request):
    return by_socket if request.param == "socket" else database_sync_to_async(by_page)


def told(answer) -> object:
    """A message as its number and its files, a refusal as its code."""
    if isinstance(answer, Exception):
        return answer.code
    return answer.message.seq, [each.name for each in answer.message.attachments.all()]


async def test_socket_and_http_give_the_same_answer_to_a_message(write, draft, keep, other_customer):
    one, two, foreign = [
        await database_sync_to_async(keep)(name, actor)
        for name, actor in [("1.pdf", None), ("2.pdf", None), ("3.pdf", Actor.customer(other_customer))]
    ]
    answers = await write(
        draft(),
        draft(one, two),
        draft(uuid4()),
        draft(foreign),
        draft(conversation_id=2**40),
        draft(two),
        draft(),
    )

    unknown = "attachment_unknown"
    assert [told(each) for each in answers] == [
        (2, []), (3, ["1.pdf", "2.pdf"]), unknown, unknown, "not_found", unknown, (4, [])
    ]  # fmt: skip
    files = Attachment.objects.order_by("name").values_list("name", "message__seq")
    assert [each async for each in files] == [("1.pdf", 3), ("2.pdf", 3), ("3.pdf", None)]


async def test_a_message_naming_a_missing_file_attaches_none_of_its_files(write, draft, keep):
    kept = await database_sync_to_async(keep)()
    refused, sent = await write(draft(kept, uuid4()), draft(kept))

    assert (refused.code, told(sent)) == ("attachment_unknown", (2, ["a.pdf"]))


async def test_a_message_sent_again_keeps_its_number_and_files(write, draft, keep):
    again = draft(await database_sync_to_async(keep)())
    (first,), (second,) = await write(again), await write(again)

    assert (first.created, second.created) == (True, False)
    assert first.message.pk == second.message.pk
    assert await Attachment.objects.filter(message=first.message.pk).acount() == 1


async def test_a_message_twice_in_one_batch_is_stored_once_and_answered_twice(draft):
    again, between = draft(), draft()
    answers = await by_socket(again, between, again, draft(client_id=again.client_id))

    assert [each.said.seq for each in answers] == [2, 3, 2, 2]
    assert await Message.objects.filter(client_id=again.client_id).acount() == 1


async def test_a_message_sent_again_among_new_ones_keeps_its_number_and_they_are_stored_once(draft):
    again, new, newer = draft(), draft(), draft()
    await by_socket(again)
    answers = await by_socket(new, again, newer)

    assert [(each.said.seq, each.created) for each in answers] == [(3, True), (2, False), (4, True)]
    assert await Message.objects.filter(sender_kind="customer").acount() == 3


async def test_a_new_message_is_shown_as_its_row_is_shown_later(write, draft, keep, talk, manager):
    file = await database_sync_to_async(keep)()
    of_the_shop = {"sender_kind": "staff", "sender_id": manager.pk, "sender_name": "王芳"}
    said = {"said": {"en": "It is sent"}, "address": {"name": "吴丽华"}}
    answers = await write(
        draft(internal=True, reply_to=1, **of_the_shop),
        draft(file, reply_to=9),
        draft(kind="event", sender_kind="system", sender_id=0, sender_name="", data=said),
    )
    shown = [message_frame(each.said) for each in answers]
    rows = (
        Message.objects.filter(conversation=talk, seq__gt=1).order_by("seq").prefetch_related("attachments")
    )
    kept = [message_frame(each) async for each in rows]

    assert [objects(each) for each in shown] == [objects(each) for each in kept]
    assert [each.message.public_prev for each in answers] == [1, 1, 3]
    assert [each.message.reply_to for each in answers] == [1, None, None]
    assert [each.message for each in answers] == [each async for each in rows]


def objects(frame) -> dict:
    """What each audience reads in a frame."""
    return {name: json.loads(text) for name, text in frame["texts"].items()}


async def test_the_same_message_over_socket_and_http_at_once_is_stored_once_with_its_file(draft, keep):
    """The socket's entrance waits for the page's transaction, of which its statement has seen nothing."""
    again, committed = draft(await database_sync_to_async(keep)()), asyncio.Event()
    loop, written = asyncio.get_running_loop(), asyncio.Event()

    def hold() -> int:
        with transaction.atomic():
            seq = write_messages([again])[0].message.seq
            loop.call_soon_threadsafe(written.set)
            asyncio.run_coroutine_threadsafe(committed.wait(), loop).result(10)
        return seq

    page = asyncio.create_task(database_sync_to_async(hold)())
    await written.wait()
    writing = asyncio.create_task(by_socket(again))
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    async with asyncio.timeout(10):
        while not await _count(waiting):
            await asyncio.sleep(0.01)
    committed.set()
    (found,) = await writing

    assert (found.created, found.message.seq) == (False, await page)
    assert await Message.objects.filter(client_id=again.client_id).acount() == 1


async def test_the_statement_is_planned_anew_as_the_first_messages_of_a_connection_are_stored(draft):
    writer = BatchWriter()

    async def store(count: int) -> int:
        """So many more. Answers whether the last that the connection did was to drop its plans."""
        await asyncio.gather(*[writer.write(draft()) for _ in range(count)])
        await asyncio.gather(writer._busy)
        own = writer._connection.info.backend_pid
        return await _count(
            f"SELECT count(*) FROM pg_stat_activity WHERE pid = {own} AND query = 'DISCARD PLANS'"
        )

    assert [await store(count) for count in (FIRST_ROWS - 1, 1, 1)] == [0, 1, 0]
    await writer._drop()


async def _count(query: str) -> int:
    from psycopg import AsyncConnection

    from messaging.consumers.batch_writer import _address

    async with await AsyncConnection.connect(**_address(), autocommit=True) as line:
        return (await (await line.execute(query)).fetchone())[0]


async def test_a_message_with_a_file_over_the_socket_is_acknowledged_in_order_and_delivered(
    live, order, talk, keep, manager
):
    kept = str(await database_sync_to_async(keep)())
    async with (
        socket(live, await staff_cookie_of(manager)) as shop,
        socket(live, await customer_cookie_of(order)) as buyer,
    ):
        await shop.send(f'{{"type":"subscribe","conversation":{talk.pk},"after":1}}')
        await until(shop, "subscribed")
        sent = [
            await say(buyer, talk.pk, "看图"),
            await say(buyer, talk.pk, "", kind="file", attachments=[kept]),
            await say(buyer, talk.pk, "收到了吗"),
            await say(buyer, talk.pk, "", kind="file", attachments=[kept]),
        ]
        acks = [await until(buyer, "message.ack") for _ in range(3)]
        refused = await until(buyer, "error")
        shown = [await until(shop, "message.new") for _ in range(3)]

    assert [(ack["client_id"], ack["seq"]) for ack in acks] == [
        (each["client_id"], seq) for seq, each in enumerate(sent[:3], start=2)
    ]
    assert (refused["code"], refused["client_id"]) == ("attachment_unknown", sent[3]["client_id"])
    assert [[each["id"] for each in one["message"]["attachments"]] for one in shown] == [[], [kept], []]
