"""How a pass begins, goes on and ends. Changes of a source's row only; whoever calls saves it, with what was stored."""

import random
from datetime import datetime, timedelta

from shopcomm.edge.integrations.polling.asking import BadAnswer, Page
from shopcomm.edge.integrations.polling.models import PolledSource
from shopcomm.edge.integrations.polling.services.storing import Kept
from shopcomm.edge.integrations.polling.source_settings import PageStyle, SourceSettings
from shopcomm.edge.integrations.webhooks_out.policies.retries import LEAST_JITTER, MOST_JITTER, retry_after

# Rows that change while pages are counted move others to pages that were read already: a pass of several pages that
# brought something new is begun again, so often at most.
MOST_AGAIN = 2
COUNTED = (PageStyle.PAGE, PageStyle.OFFSET, PageStyle.LINK)
LONGEST_PAUSE = timedelta(hours=1)
# A place that is not known any more, and a page behind the last one.
GONE_PLACE, BEHIND = frozenset({400, 404, 410, 422}), frozenset({404, 416})


def begin_pass(source: PolledSource, settings: SourceSettings, now: datetime) -> None:
    """Ask from the mark on, and a little before it: what was committed late at the other side is in it then."""
    overlap = timedelta(seconds=settings.overlap)
    source.asked_since = source.mark - overlap if source.mark and settings.since_param else None
    source.begun_at, source.latest, source.again = now, None, 0
    source.rows = source.new_rows = 0
    _to_first_page(source, settings)


def go_on(source: PolledSource, settings: SourceSettings, page: Page, kept: Kept, now: datetime) -> None:
    """After a page whose orders are stored: where the next one is, or how the pass ended."""
    source.pages += 1
    source.rows += len(page.rows)
    source.new_rows += kept.new
    source.found_new = source.found_new or kept.new > 0
    source.latest = max((each for each in (source.latest, kept.latest) if each), default=None)
    source.failures, source.answered_at = 0, now
    if page.next:
        source.place = page.next
    if page.said_end or not page.next:
        _end_pass(source, settings, page, now)


def _end_pass(source: PolledSource, settings: SourceSettings, page: Page, now: datetime) -> None:
    filled = source.pages - (not page.rows)
    if settings.style in COUNTED and filled > 1 and source.found_new and source.again < MOST_AGAIN:
        source.again, source.rows = source.again + 1, 0
        _to_first_page(source, settings)
        return
    if source.latest and source.begun_at:
        # A clock that goes fast would have us pass over what is changed until we have caught up with it.
        reached = min(source.latest, source.begun_at)
        source.mark = max(source.mark, reached) if source.mark and not source.replaying else reached
    is_whole = source.pages == 1 and page.said_end and not source.replaying
    if not page.unchanged:
        source.etag, source.last_modified = (page.etag, page.last_modified) if is_whole else ("", "")
    source.begun_at, source.replaying = None, False
    source.due_at = now + timedelta(seconds=settings.interval)
    if not settings.is_feed:
        _to_first_page(source, settings)


def _to_first_page(source: PolledSource, settings: SourceSettings) -> None:
    if not settings.is_feed:
        source.place = ""
    source.pages, source.found_new, source.carried, source.last_page = 0, False, [], ""


def begin_anew(source: PolledSource, *, now: datetime) -> None:
    """Forget where a pass was: the next one begins at the mark, and asks without a condition."""
    source.begun_at, source.place, source.carried, source.last_page = None, "", [], ""
    source.validated_url = source.etag = source.last_modified = ""
    source.due_at = now


def is_behind_the_end(source: PolledSource, settings: SourceSettings, bad: BadAnswer) -> bool:
    """Whether a page is refused because the one before it was the last."""
    return settings.style == PageStyle.PAGE and source.place != "" and bad.status in BEHIND


def put_off(source: PolledSource, settings: SourceSettings, failure: Exception, now: datetime) -> None:
    """It erred: ask again later and later, up to an hour apart, and not before it wants to be asked."""
    source.failures += 1
    pause = min(timedelta(seconds=settings.interval) * 2 ** min(source.failures - 1, 20), LONGEST_PAUSE)
    pause *= random.uniform(LEAST_JITTER, MOST_JITTER)
    if isinstance(failure, BadAnswer):
        wait = retry_after(failure.headers.get("retry-after", ""), now)
        pause = max(pause, wait or timedelta(0))
        if source.place and failure.status in GONE_PLACE and not settings.is_feed:
            begin_anew(source, now=now)
    source.due_at = now + pause
