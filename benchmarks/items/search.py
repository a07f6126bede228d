"""Searching a million messages: the API and the inbox beside bare SQL of the same two steps, and the same hits as a scan."""

import http.client
import random
import statistics
import time
from collections.abc import Callable
from functools import cache
from itertools import accumulate
from uuid import UUID

import psycopg
from django.utils import timezone

from benchmarks.measuring import Figure, in_turn
from benchmarks.people import conversations, cookie
from benchmarks.servers import Bench

MESSAGES = 1_000_000
TALKS = 10_000
NEWEST = 20_000
PAGE = 50
PHRASES = [
    "这款还有现货吗",
    "多少钱一个",
    "起批量是几件",
    "雾霾蓝有没有",
    "什么时候发货",
    "已经付款了",
    "请改一下地址",
    "面单换一下",
    "能不能便宜点",
    "拉杆箱",
    "托特包",
    "双肩包",
    "化妆包",
    "行李箱",
    "登机箱",
    "钱包",
    "斜挎包",
    "公文包",
    "牛皮",
    "帆布",
    "尼龙",
    "曜石黑",
    "奶白",
    "焦糖棕",
    "酒红",
    "20寸",
    "24寸",
    "28寸",
    "顺丰",
    "中通",
    "圆通",
    "在的",
    "好的",
    "谢谢",
    "收到",
    "今天发",
    "明天到",
    "缺货",
    "补货",
    "退货",
    "换货",
    "发票",
    "定金",
    "尾款",
    "批发价",
    "零售价",
    "DJX-20-BLK",
    "LGX-24-RED",
    "XB-0042",
    "13800138000",
    "OK",
    "吗",
    "的",
    "了",
    "您好",
    "麻烦",
]
# Said in one of ten thousand messages each, and in none: chance makes no such words.
RARE = ("珐琅", "珐琅扣", "錾")
WORDS = (
    "的",
    "发货",
    "帆布",
    "DJX-20",
    "今天发",
    "珐琅扣",
    "珐琅",
    "錾",
    "鹦鹉",
    "雾霾蓝",
    "8000",
    "XB-0042",
)

NEW = (
    "SELECT id FROM messaging_message WHERE id > %s AND upper(body) LIKE upper(%s) ORDER BY id DESC LIMIT 50"
)
OLD = """SELECT id FROM messaging_message WHERE id <= %s AND search_bigrams(body) @@ upper(%s)::tsquery
    AND upper(body) LIKE upper(%s) ORDER BY id + 0 DESC LIMIT %s"""
SCAN = "SELECT id FROM messaging_message WHERE upper(body) LIKE upper(%s) ORDER BY id DESC LIMIT 50"


def run(bench: Bench, rounds: int, quick: bool) -> list[Figure]:
    with psycopg.connect(bench.services.database_url, autocommit=True) as connection:
        built = fill(connection)
        times = 3 if quick else 10
        ask = product(
            bench, f"/api/v1/search/messages/?limit={PAGE}&q=", {"Authorization": f"Bearer {key()}"}
        )
        ours, theirs = in_turn(
            rounds,
            lambda side: worst(ask if side == "product" else lambda word: bare(connection, word), times),
        )
        inbox = product(bench, "/inbox/?q=", {"Cookie": f"sessionid={cookie()}"})
        same = agreement(connection, 50 if quick else 500)
        return [
            Figure("search", "p95 of all words, 1,000,000 messages", "ms", ours, theirs, "≤ 5"),
            Figure("search", "the same hits as a scan", "of 1", [same], goal="≥ 1"),
            Figure("search", "inbox, p95 of all words", "ms", [worst(inbox, times) for _ in range(rounds)]),
            Figure("search", "building the index while the shop runs", "s", [built]),
        ]


def fill(connection: psycopg.Connection) -> float:
    """A million messages in ten thousand conversations; returns how long the migration's index takes on them."""
    from messaging.models import Conversation

    chance, known = random.Random(13), Conversation.objects.get(pk=conversations(1)[0])
    each = MESSAGES // TALKS
    talks = [
        Conversation(
            customer=known.customer, last_seq=each, last_customer_seq=each, last_message_at=timezone.now()
        )
        for _ in range(TALKS)
    ]
    ids = [talk.pk for talk in Conversation.objects.bulk_create(talks, batch_size=1000)]
    weights = [*accumulate(1 / place for place in range(1, len(PHRASES) + 1))]
    connection.execute("DROP INDEX message_words")
    columns = "conversation_id, seq, public_prev, kind, body, sender_kind, sender_id, sender_name, client_id, data, internal, created_at"
    with connection.cursor() as cursor, cursor.copy(f"COPY messaging_message ({columns}) FROM STDIN") as copy:
        for number in range(MESSAGES):
            body = "，".join(chance.choices(PHRASES, cum_weights=weights, k=chance.randint(1, 6)))
            body += "".join(word for word in RARE if chance.random() < 1 / 10_000)
            body += "".join(chr(chance.randint(0x4E00, 0x55FF)) for _ in range(chance.randint(0, 6)))
            seq = number // TALKS + 1
            copy.write_row(
                (ids[number % TALKS], seq, seq - 1, "text", body, "customer", 1, "顾客", UUID(int=number), "{}", False,
                 "2026-01-01 00:00:00+08")
            )  # fmt: skip
    began = time.monotonic()
    connection.execute(
        "CREATE INDEX CONCURRENTLY message_words ON messaging_message USING gin (search_bigrams(body)) "
        "WITH (gin_pending_list_limit = 16384)"
    )
    built = time.monotonic() - began
    connection.execute("VACUUM ANALYZE messaging_message")
    return built


@cache
def key() -> str:
    """The secret of an API key that reads conversations."""
    from shopcomm.core.accounts.services.api_keys import create_api_key

    return create_api_key(name="bench", scopes=["conversations:read"])[1]


def product(bench: Bench, path: str, headers: dict[str, str]) -> Callable[[str], object]:
    """Asks the product for a word over HTTP, on a connection that stays."""
    from django.utils.http import urlencode

    line = http.client.HTTPConnection("127.0.0.1", bench.ports["product"], timeout=30)

    def ask(word: str) -> object:
        line.request("GET", path.removesuffix("q=") + urlencode({"q": word}), headers=headers)
        answer = line.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}{word}: {answer.status} {body[:200]!r}")
        return body

    return ask


def bare(connection: psycopg.Connection, word: str) -> list[int]:
    """The two steps in SQL alone."""
    from shopcomm.core.search.bigrams import bigram_tsquery, like_pattern

    [last] = connection.execute("SELECT max(id) FROM messaging_message").fetchone() or [0]
    pattern = f"%{like_pattern(word)}%"
    found = [pk for (pk,) in connection.execute(NEW, [last - NEWEST, pattern])]
    if len(found) < PAGE:
        older = [last - NEWEST, bigram_tsquery([word]), pattern, PAGE - len(found)]
        found += [pk for (pk,) in connection.execute(OLD, older)]
    return found


def worst(ask: Callable[[str], object], times: int) -> float:
    """The 95th percentile over all words, each asked a few times, in milliseconds."""
    took = []
    for word in WORDS:
        ask(word)
        for _ in range(times):
            began = time.perf_counter()
            ask(word)
            took.append((time.perf_counter() - began) * 1000)
    return statistics.quantiles(took, n=20)[-1]


def agreement(connection: psycopg.Connection, count: int) -> float:
    """The share of random words of 1–4 characters for which the product finds what a look at every message finds."""
    from messaging.selectors.search import newest_hits, search_messages
    from shopcomm.core.accounts.actors import Actor
    from shopcomm.core.search.bigrams import like_pattern
    from shopcomm.core.search.query import parse_query

    chance, same = random.Random(5), 0
    bodies = [
        body for (body,) in connection.execute("SELECT body FROM messaging_message WHERE id %% 1999 = 7", [])
    ]
    for _ in range(count):
        text = chance.choice(bodies)
        start = chance.randrange(len(text))
        word = text[start : start + chance.randint(1, 4)].strip() or "的"
        query = parse_query(word)
        found = [hit.pk for hit in newest_hits(search_messages(Actor.system(), query), query, PAGE)]
        same += found == [pk for (pk,) in connection.execute(SCAN, [f"%{like_pattern(word)}%"])]
    return same / count
