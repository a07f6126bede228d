"""The inbox over ten thousand conversations: CPU beside an empty view of the same stack, and queries a page."""

from pathlib import Path
from urllib.parse import quote

from benchmarks.measuring import Figure
from benchmarks.pages import measure_page, run_statements
from benchmarks.servers import Bench

CONVERSATIONS = 10_000
MOST_QUERIES = 8
FILL = (Path(__file__).parent / "inbox.sql").read_text()


def run(bench: Bench, rounds: int, quick: bool) -> list[Figure]:
    fill(CONVERSATIONS)
    times = 10 if quick else 30
    figures = []
    for name, path in pages().items():
        page = measure_page(bench, "inbox", name, path, rounds=rounds, times=times, most_queries=MOST_QUERIES)
        figures += page.figures
    return figures


def fill(count: int) -> None:
    """Conversations of as many orders, in most of which the customer has the last word and nobody has read it."""
    from messaging.models import Conversation

    if Conversation.objects.filter(subject__startswith="INBOX-").count() >= count:
        return
    run_statements(FILL, count)


def pages() -> dict[str, str]:
    """What is measured: the first page, a deep one, each folder, searches."""
    from messaging.selectors.inbox import InboxFilters, inbox_page
    from messaging.selectors.inbox_rows import FOLDERS
    from shopcomm.core.accounts.actors import Actor
    from shopcomm.core.accounts.models import Staff

    manager = Actor.staff(Staff(pk=0, role="manager"))
    deep = inbox_page(manager, InboxFilters(limit=CONVERSATIONS // 2)).next_cursor
    found = {"first page": "/inbox/", "deep page": f"/inbox/?after={deep}"}
    found |= {f"folder {name}": f"/inbox/?folder={name}" for name in FOLDERS if name != "all"}
    return found | {
        "search by number": "/inbox/?q=INBOX-0000777",
        "search by a word": f"/inbox/?q={quote('现货')}",
    }
