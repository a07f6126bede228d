"""One page of a source: what is asked for it, and what its answer says. Touches no database."""

import base64
import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from django.utils.translation import gettext as _

from shopcomm.core.outbound.calls import AddressRefused, Answer, NoAnswer, call_outbound
from shopcomm.core.reading import exact_json_value, without_half_characters
from shopcomm.edge.integrations.polling.json_paths import MISSING, read_path, value_at
from shopcomm.edge.integrations.polling.source_settings import Auth, MomentStyle, PageStyle, SourceSettings
from shopcomm.edge.integrations.webhooks_out.services.endpoints import webhook_reach

AGENT = "ShopComm-Polling/1"
# For a whole page, and the largest one that is read.
SECONDS = 30.0
LARGEST_PAGE = 8 * 1024 * 1024
MOST_ROWS = 5000
LONGEST_PLACE, SHOWN = 2000, 160
NOT_MODIFIED = 304
_NEXT = re.compile(r'<([^<>]{1,2000})>\s*(?:;[^,]*?)?;\s*rel\s*=\s*"?[^",;]*\bnext\b', re.IGNORECASE)
_CHARSET = re.compile(r"charset\s*=\s*\"?([A-Za-z0-9_.-]{1,40})", re.IGNORECASE)


class BadAnswer(Exception):
    """It answered, and not with a page: the text says what, for people, and names no secret. `status` where HTTP said so."""

    def __init__(self, detail: str, *, status: int = 0, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.detail, self.status, self.headers = detail, status, headers or {}


@dataclass(frozen=True)
class Page:
    """What one answer held. `next`: where it goes on, empty at the end; `said_end`: the answer itself says that it ends here."""

    rows: list[Any] = field(default_factory=list)
    next: str = ""
    said_end: bool = False
    value: Any = None
    unchanged: bool = False
    etag: str = ""
    last_modified: str = ""


def page_url(settings: SourceSettings, place: str, since: datetime | None) -> str:
    """The address of a page, without what authorises. `place` is empty for the first one. Raises BadAnswer."""
    if settings.style == PageStyle.LINK and place:
        return _same_origin(settings.url, place)
    asked: dict[str, str] = {}
    if settings.since_param and since is not None:
        asked[settings.since_param] = _written(since, settings)
    if settings.size_param and settings.style != PageStyle.SINGLE:
        asked[settings.size_param] = str(settings.size)
    if settings.page_param and settings.style in (PageStyle.PAGE, PageStyle.OFFSET, PageStyle.CURSOR):
        first = {PageStyle.PAGE: str(settings.first_page), PageStyle.OFFSET: "0"}.get(
            PageStyle(settings.style), ""
        )
        if place or first:
            asked[settings.page_param] = place or first
    return _with_query(settings.url, asked)


def ask_page(
    settings: SourceSettings,
    secret: str,
    url: str,
    *,
    place: str = "",
    conditions: Mapping[str, str] | None = None,
    seconds: float | None = None,
) -> Page:
    """Fetch a page and read it. `conditions` are headers of a conditional request.

    Raises AddressRefused, NoAnswer, BadAnswer.
    """
    headers = {
        "User-Agent": AGENT,
        "Accept": "application/json",
        **_authorised(settings, secret),
        **(conditions or {}),
    }
    asked = _with_query(url, {settings.auth_name: secret}) if settings.auth == Auth.QUERY else url
    try:
        answer = call_outbound(
            "GET",
            asked,
            headers=headers,
            reach=webhook_reach(),
            seconds=seconds or SECONDS,
            largest=LARGEST_PAGE + 1,
        )
        if answer.status == NOT_MODIFIED and conditions:
            return Page(unchanged=True, said_end=True)
        return read_answer(settings, answer, place=place, url=url)
    except BadAnswer as bad:
        bad.detail = _without(bad.detail, secret)
        raise
    except AddressRefused as refused:
        raise AddressRefused(_without(str(refused), secret)) from None
    except NoAnswer as nobody:
        raise NoAnswer(_without(str(nobody), secret)) from None


def read_answer(settings: SourceSettings, answer: Answer, *, place: str, url: str) -> Page:
    """The page that an answer is. Raises BadAnswer."""
    if not answer.is_success:
        raise BadAnswer(_told_status(answer), status=answer.status, headers=answer.headers)
    if len(answer.body) > LARGEST_PAGE:
        raise BadAnswer(_("一页超过 %(most)s MB，请把每页条数调小") % {"most": LARGEST_PAGE // 1024**2})
    value = _json_of(answer)
    rows = value_at(value, read_path(settings.rows))
    # Where there are none, some write null.
    rows = [] if rows is None else rows
    if not isinstance(rows, list):
        told = {"path": settings.rows or "$", "shown": _beginning(answer)}
        raise BadAnswer(_("回应里的“%(path)s”不是一个列表：%(shown)s") % told)
    if len(rows) > MOST_ROWS:
        raise BadAnswer(_("一页超过 %(most)s 条，请把每页条数调小") % {"most": MOST_ROWS})
    following, said_end = _following(settings, answer, value, len(rows), place, url)
    return Page(
        rows=rows,
        next=following,
        said_end=said_end,
        value=value,
        etag=answer.headers.get("etag", "")[:200],
        last_modified=answer.headers.get("last-modified", "")[:60],
    )


# --- what is asked --------------------------------------------------------------------------------
def _authorised(settings: SourceSettings, secret: str) -> dict[str, str]:
    if settings.auth == Auth.BEARER:
        return {"Authorization": f"Bearer {secret}"}
    if settings.auth == Auth.BASIC:
        pair = base64.b64encode(f"{settings.auth_name}:{secret}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}
    return {settings.auth_name: secret} if settings.auth == Auth.HEADER else {}


def _written(moment: datetime, settings: SourceSettings) -> str:
    """A moment as the source takes it; whole seconds, and never a later one."""
    local = moment.astimezone(settings.timezone).replace(microsecond=0)
    if settings.since_style == MomentStyle.SECONDS:
        return str(int(local.timestamp()))
    if settings.since_style == MomentStyle.MILLISECONDS:
        return str(int(local.timestamp()) * 1000)
    return f"{local:%Y-%m-%d %H:%M:%S}" if settings.since_style == MomentStyle.PLAIN else local.isoformat()


def _with_query(url: str, added: Mapping[str, str]) -> str:
    """The address with these parameters, instead of those of the same names."""
    parts = urlsplit(url)
    kept = [
        (name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in added
    ]
    return urlunsplit(parts._replace(query=urlencode([*kept, *added.items()]), fragment=""))


def _same_origin(url: str, place: str) -> str:
    """The next page's address, at the source itself: what authorises goes nowhere else. Raises BadAnswer."""
    joined = urljoin(url, place)
    ours, theirs = urlsplit(url), urlsplit(joined)
    if (ours.scheme, ours.netloc) != (theirs.scheme, theirs.netloc):
        raise BadAnswer(_("下一页在另一个地址：%(host)s，没有去读") % {"host": theirs.netloc[:80]})
    return joined


# --- what was answered ----------------------------------------------------------------------------
def _json_of(answer: Answer) -> Any:
    """The value, its texts readable and its numbers exact. Raises BadAnswer."""
    named = _CHARSET.search(answer.headers.get("content-type", ""))
    try:
        # What calls itself GB2312 is written in its successor.
        charset = codecs.lookup(named[1]).name if named else "utf-8"
        text = answer.body.decode("gb18030" if charset in ("gb2312", "gbk") else charset).lstrip("\ufeff")
        return _without_nul(without_half_characters(exact_json_value(text)))
    except (ValueError, LookupError, RecursionError) as error:
        shown = _beginning(answer)
        raise BadAnswer(_("回应不是完整的 JSON：%(shown)s") % {"shown": shown}) from error


def _without_nul(value: Any) -> Any:
    """The same with a mark for what PostgreSQL keeps in no text."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, list):
        return [_without_nul(each) for each in value]
    if isinstance(value, dict):
        return {_without_nul(name): _without_nul(each) for name, each in value.items()}
    return value


def _following(
    settings: SourceSettings, answer: Answer, value: Any, count: int, place: str, url: str
) -> tuple[str, bool]:
    """Where a pass goes on, and whether the answer says itself that it does not.

    A short page is no end: some serve fewer rows than they are asked for.
    """
    more = _truth(value_at(value, read_path(settings.more))) if settings.more else None
    following = ""
    if settings.style == PageStyle.PAGE:
        following = str(_number(place, settings.first_page) + 1) if count else ""
    elif settings.style == PageStyle.OFFSET:
        following = str(_number(place, 0) + count) if count else ""
    elif settings.style == PageStyle.CURSOR:
        following = _plain(value_at(value, read_path(settings.next)))
    elif settings.style == PageStyle.LINK:
        following = _plain(value_at(value, read_path(settings.next))) if settings.next else _linked(answer)
        following = _same_origin(url, following) if following else ""
    if len(following) > LONGEST_PLACE:
        raise BadAnswer(_("下一页的游标太长"))
    if settings.style in (PageStyle.PAGE, PageStyle.OFFSET):
        return ("" if more is False else following), more is False
    # A feed says by its last cursor where it is read on, so the cursor is kept at the end, too.
    is_empty_feed = settings.is_feed and more is None and not count
    is_end = more is False or not following or following == place or is_empty_feed
    return following if not is_end or settings.is_feed else "", is_end


def _number(place: str, first: int) -> int:
    return int(place) if place else first


def _plain(value: Any) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _truth(value: Any) -> bool:
    return value is not MISSING and str(value).casefold() in ("true", "1", "y", "yes")


def _linked(answer: Answer) -> str:
    found = _NEXT.search(answer.headers.get("link", ""))
    return found[1] if found else ""


def _told_status(answer: Answer) -> str:
    if answer.status in (401, 403):
        return _("对方不接受凭证（HTTP %(status)s）") % {"status": answer.status}
    if 300 <= answer.status < 400 and answer.status != NOT_MODIFIED:
        return _("对方要转到另一个地址（HTTP %(status)s），没有跟过去") % {"status": answer.status}
    return f"HTTP {answer.status} {_beginning(answer)}".strip()


def _beginning(answer: Answer) -> str:
    return " ".join(answer.text[:SHOWN].split())


def _without(text: str, secret: str) -> str:
    return text.replace(secret, "***") if secret else text
