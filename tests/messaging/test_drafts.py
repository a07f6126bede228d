"""What may be said at all: every bound from both sides."""

from uuid import uuid4

import pytest

from messaging.errors import BadMessage, Forbidden
from messaging.services.drafts import Draft, draft_message

pytestmark = pytest.mark.django_db
ADDRESS = "帮我改下地址:浙江省杭州市余杭区文一西路969号 张三 13800138000"


@pytest.fixture
def make(as_actor, customer):
    """Turns what a browser sent into a draft of the customer's, or of somebody else's."""

    def made(actor=None, **given) -> Draft:
        given = {"client_id": str(uuid4()), "body": "在吗"} | given
        return draft_message(actor=actor or as_actor(customer), conversation_id=1, given=given)

    return made


@pytest.mark.parametrize("number", [1, 2**63 - 1])
def test_reply_to_accepts_every_valid_message_number(make, number):
    assert make(reply_to=number).reply_to == number


@pytest.mark.parametrize("number", [0, -1, 2**63, "1", 1.0, True])
def test_reply_to_refuses_everything_else(make, number):
    with pytest.raises(BadMessage):
        make(reply_to=number)


@pytest.mark.parametrize("given", [{"body": 7}, {"internal": "yes"}, {"internal": 0}, {"kind": "system"}])
def test_a_field_of_the_wrong_type_is_refused_in_an_otherwise_valid_message(make, given):
    with pytest.raises(BadMessage):
        make(**given)


@pytest.mark.parametrize("files", ["x", {"0": "x"}, 7, [str(uuid4()) for _ in range(10)]])
def test_a_message_has_at_most_nine_files(make, files):
    with pytest.raises(BadMessage):
        make(attachments=files)


def test_a_file_named_twice_is_attached_once(make):
    one, other = uuid4(), uuid4()

    assert make(body="", attachments=[str(one), str(other), str(one)]).attachments == (one, other)


def test_a_message_of_files_needs_no_text(make):
    assert len(make(body="", attachments=[str(uuid4()) for _ in range(9)]).attachments) == 9


def test_addresses_are_parsed_only_in_texts_to_the_other_side(make, as_actor, sales):
    assert make(body=ADDRESS).data["address"]["city"] == "杭州市"
    assert make(body=ADDRESS, kind="image").data == {}
    assert make(as_actor(sales), body=ADDRESS, internal=True).data == {}


def test_only_the_shop_can_write_internal_notes(make, as_actor, sales):
    assert make(as_actor(sales), internal=True).internal
    with pytest.raises(Forbidden):
        make(internal=True)
