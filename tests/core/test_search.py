"""Searching a text by any part of it: what is asked, what the index lets through, and how it is shown."""

from importlib import import_module
from itertools import pairwise

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from hypothesis import given
from hypothesis import strategies as st

from messaging.models import Message
from shopcomm.core.accounts.models import Customer
from shopcomm.core.search.bigrams import bigram_tsquery, character_pairs, holds_words, may_hold_words, part_of
from shopcomm.core.search.highlight import excerpt_around, marked_html, marked_places
from shopcomm.core.search.query import LONGEST, Query, fold_case, parse_query
from shopcomm.core.search.sorting import merge_pending_index_entries
from tests.factories import CustomerFactory

# Goods, digits, both cases, accents, letters that grow in capitals, emoji, and what LIKE and tsquery give a meaning to.
TEXT = st.text("箱包行李雾蓝，24 aAbBéÉßΣς👜'\"\\%_&|!:*()\n\t-", max_size=40)
WORD = st.text("箱包行李雾蓝，24aAbBéÉßΣς👜'\"\\%_&|!:*()-", min_size=1, max_size=5)


# --- what is asked ------------------------------------------------------------------------------
def test_a_search_text_is_split_into_distinct_words():
    assert parse_query("  行李箱　abc ABC\n24 ") == Query("行李箱 abc ABC 24", ("行李箱", "ABC", "24"))
    assert (bool(parse_query(" \x00 ")), parse_query("a\x00b").words) == (False, ("ab",))
    assert len(parse_query("长" * 100_000).text) == LONGEST


def test_the_tsquery_has_the_character_pairs_of_a_word_and_a_prefix_for_one_character():
    assert character_pairs("行李箱") == ["行李", "李箱"]
    assert bigram_tsquery(["行李箱", "包"]) == "'行李' & '李箱' & '包':*"
    assert bigram_tsquery(["a'\\"]) == "'a''' & '''\\\\'"
    # What a letter is in capitals depends on the database: such a pair is left to the look at the text itself.
    assert (bigram_tsquery(["ß"]), bigram_tsquery(["straße"])) == ("", "'st' & 'tr' & 'ra'")


# --- what is found ------------------------------------------------------------------------------
@pytest.mark.django_db
@given(st.lists(TEXT, max_size=12), st.lists(WORD, min_size=1, max_size=3), st.data())
def test_a_search_by_index_finds_everything_that_a_full_scan_finds(texts, words, data):
    said = "".join(texts).split()
    if said:
        words.append(data.draw(st.sampled_from(said))[:4])
    query = parse_query(" ".join(words))
    condition, values = zip(*(part_of("body", word) for word in query.words), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT body FROM unnest(%s::text[]) AS t(body) WHERE {' AND '.join(condition)}",
            [texts, *(value for each in values for value in each)],
        )
        found = sorted(body for (body,) in cursor)
    assert found == sorted(
        text for text in texts if all(fold_case(word) in fold_case(text) for word in query.words)
    )


@pytest.mark.django_db
def test_a_text_with_all_pairs_but_not_the_word_is_not_found():
    CustomerFactory(name="行李 李箱 贸易")
    wanted = CustomerFactory(name="行李箱贸易")
    words = ["行李箱"]

    assert Customer.objects.filter(may_hold_words("name", words)).count() == 2
    assert [*Customer.objects.filter(may_hold_words("name", words), holds_words("name", words))] == [wanted]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rows", "index"),
    [
        (lambda: Message.objects.filter(may_hold_words("body", ["雾霾蓝"])), "message_words"),
        (lambda: Customer.objects.filter(may_hold_words("name", ["丽"])), "customer_name_words"),
    ],
)
def test_the_search_query_uses_the_index(rows, index: str):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        assert index in rows().explain()


# --- how it is shown ----------------------------------------------------------------------------
@given(TEXT, st.lists(WORD, max_size=3))
def test_match_positions_are_sorted_and_do_not_overlap(text, words):
    query = parse_query(" ".join(words))
    places = marked_places(text, query)

    assert all(before[1] <= after[0] for before, after in pairwise(places))
    covered = {at for start, end in places for at in range(start, end)}
    for word in query.words:
        at = fold_case(text).find(fold_case(word))
        assert at < 0 or {*range(at, at + len(word))} <= covered
    assert all(
        any(fold_case(word) in fold_case(text[start:end]) for word in query.words) for start, end in places
    )


@given(st.text(max_size=200), st.text(max_size=20))
def test_an_excerpt_is_a_single_line(text, typed):
    line, query = " ".join(text.split()), parse_query(typed)
    pieces = excerpt_around(text, query)
    shown = "".join(piece.text for piece in pieces)

    assert shown in line or shown.removeprefix("…").removesuffix("…") in line
    assert any(piece.found for piece in pieces) == bool(marked_places(line, query))


def test_highlighting_marks_found_words_and_escapes_the_rest():
    shown = excerpt_around("前" * 30 + "<b>雾霾蓝</b> SKU-9", parse_query("雾霾 霾蓝 sku"))

    assert marked_html(shown).startswith("…前")
    assert marked_html(shown).endswith("&lt;b&gt;<mark>雾霾蓝</mark>&lt;/b&gt; <mark>SKU</mark>-9")


# --- the indexes --------------------------------------------------------------------------------
INDEXES = {
    ("messaging", "message_words"): ["message_words", "conversation_subject_words"],
    ("accounts", "customer_words"): [
        "customer_name_words",
        "customer_company_words",
        "customer_phone_prefix",
    ],
    ("orders", "note_words"): ["order_note_words"],
}


def index_is_usable(names: list[str]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE relname = ANY(%s) AND indisvalid",
            [names],
        )
        return sorted(name for (name,) in cursor)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("app", "idea"), INDEXES)
def test_building_the_search_index_can_be_interrupted_repeated_and_reversed(app: str, idea: str):
    names = INDEXES[app, idea]
    loader = MigrationLoader(connection)
    [number] = [name for owner, name in loader.disk_migrations if owner == app and name.endswith(idea)]
    migration = import_module(f"{loader.migrations_module(app)[0]}.{number}").Migration(number, app)
    before = loader.project_state(migration.dependencies)

    def run(direction: str) -> list[str]:
        with connection.schema_editor(atomic=False) as editor:
            getattr(migration, direction)(before.clone(), editor)
        return index_is_usable(names)

    assert run("unapply") == []
    assert run("apply") == sorted(names)
    with connection.cursor() as cursor:
        # As a build leaves it that was cut off.
        cursor.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass", [names[0]])
    assert run("apply") == sorted(names)


@pytest.mark.django_db
def test_new_texts_are_indexed_and_found():
    CustomerFactory.create_batch(3, name="雾霾蓝贸易")

    assert merge_pending_index_entries() > 0
    assert merge_pending_index_entries() == 0
    assert Customer.objects.filter(may_hold_words("name", ["霾蓝"])).count() == 3
