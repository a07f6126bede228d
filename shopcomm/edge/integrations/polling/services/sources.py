"""Sources: checked, made, changed. What is typed of a secret is kept sealed; an empty field keeps the one that there is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shopcomm.core.outbound.calls import AddressRefused, check_outbound
from shopcomm.core.reading import is_readable
from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.polling.errors import SourceRefused
from shopcomm.edge.integrations.polling.json_paths import PathRefused, read_path
from shopcomm.edge.integrations.polling.mapping import BY_NAME
from shopcomm.edge.integrations.polling.models import PolledSource
from shopcomm.edge.integrations.polling.services.passes import begin_anew
from shopcomm.edge.integrations.polling.source_settings import (
    KIND,
    MEMBER,
    SECRET,
    Auth,
    PageStyle,
    SourceSettings,
)
from shopcomm.edge.integrations.services.connections import (
    ConnectionRefused,
    add_connection,
    map_statuses,
    readable_credentials,
    set_credentials,
)
from shopcomm.edge.integrations.webhooks_out.services.endpoints import LONGEST_URL, webhook_reach
from shopcomm.edge.integrations.webhooks_out.signing import HEADER_NAME, OUR_HEADERS

LONGEST_SECRET = 2000
# Of each style: the setting without which it leads nowhere.
NEEDED = {PageStyle.PAGE: "page_param", PageStyle.OFFSET: "page_param", PageStyle.CURSOR: "page_param"}


@dataclass(frozen=True, kw_only=True)
class WantedSource:
    """A source as somebody wants it. `secret` empty: the one that there is. `since`: only what changed then or later."""

    name: str
    settings: SourceSettings
    statuses: str = ""
    secret: str = field(default="", repr=False)
    since: datetime | None = None


def check_source(wanted: SourceSettings, secret: str) -> None:
    """Raises SourceRefused. Looks the address's name up, so nothing is locked meanwhile."""
    _check_address(wanted.url)
    _check_auth(wanted, secret)
    needed = NEEDED.get(PageStyle(wanted.style))
    if needed and not getattr(wanted, needed):
        raise SourceRefused(_("这种翻页方式要填参数名"), field=needed)
    if wanted.style == PageStyle.CURSOR and not wanted.next:
        raise SourceRefused(_("请填写下一页的游标在哪里"), field="next")
    for name in ("rows", "next", "more"):
        _check_path(getattr(wanted, name), name, allow_each=False)
    if not wanted.fields.get("external_id"):
        raise SourceRefused(_("至少要说明订单号在哪里"), field=field_name("external_id"))
    for name, path in wanted.fields.items():
        is_list = name.partition(".")[0] in ("items", "shipments")
        _check_path(path, field_name(name), allow_each=is_list)


def field_name(target: str) -> str:
    """What the form calls the path of a target of the mapping."""
    return f"map_{target.replace('.', '_')}"


def create_polled_source(*, wanted: WantedSource) -> Connection:
    """A new source. Nothing is read before somebody starts it. Raises SourceRefused, ConnectionRefused."""
    check_source(wanted.settings, wanted.secret)
    with transaction.atomic():
        connection, is_made = add_connection(kind=KIND, name=wanted.name)
        if not is_made:
            raise ConnectionRefused(_("已经有一个对接叫“%(name)s”") % {"name": connection.name})
        connection.state = Connection.State.PAUSED
        connection.save(update_fields=["state"])
        PolledSource.objects.create(connection=connection, mark=wanted.since)
        return _put(connection, wanted, wanted.secret)


def edit_polled_source(*, connection_id: int, wanted: WantedSource) -> Connection:
    """Change a source. What is being read is thrown away and read by the new settings. Raises SourceRefused, ConnectionRefused."""
    secret = wanted.secret or kept_secret(Connection.objects.get(pk=connection_id), wanted.settings)
    check_source(wanted.settings, secret)
    with transaction.atomic():
        source = PolledSource.objects.select_for_update().get(connection_id=connection_id)
        connection = Connection.objects.select_for_update(no_key=True).get(pk=connection_id)
        begin_anew(source, now=timezone.now())
        source.turn, source.failures = source.turn + 1, 0
        source.save()
        return _put(connection, wanted, secret)


def kept_secret(connection: Connection, wanted: SourceSettings) -> str:
    """The secret that a source has, for the same host and way of showing it: it is told to nobody else."""
    before = SourceSettings.of(connection.configuration)
    is_same = urlsplit(before.url)[:2] == urlsplit(wanted.url)[:2] and before.auth == wanted.auth
    return readable_credentials(connection).get(SECRET, "") if is_same else ""


def _put(connection: Connection, wanted: WantedSource, secret: str) -> Connection:
    set_credentials(connection, {SECRET: secret})
    connection.configuration = connection.configuration | {MEMBER: wanted.settings.as_json()}
    connection.save(update_fields=["configuration"])
    return map_statuses(connection_id=connection.pk, text=wanted.statuses)


def _check_address(url: str) -> None:
    if not is_readable(url) or len(url) > LONGEST_URL:
        raise SourceRefused(_("太长，或有读不出的字符"), field="url")
    try:
        check_outbound(url, webhook_reach())
    except AddressRefused as error:
        raise SourceRefused(_("这个地址不能用：%(why)s") % {"why": error}, field="url") from error


def _check_auth(wanted: SourceSettings, secret: str) -> None:
    if wanted.auth == Auth.NONE:
        return
    if not secret:
        raise SourceRefused(_("请填写凭证；换了地址或方式要重新填写"), field="secret")
    if not secret.isprintable() or len(secret) > LONGEST_SECRET:
        raise SourceRefused(_("凭证太长，或有读不出的字符"), field="secret")
    is_named = wanted.auth == Auth.BEARER or wanted.auth_name
    if wanted.auth == Auth.HEADER and not HEADER_NAME.fullmatch(wanted.auth_name):
        is_named = ""
    if not is_named or (wanted.auth == Auth.HEADER and wanted.auth_name.lower() in OUR_HEADERS):
        raise SourceRefused(_("请填写用户名、请求头或参数的名称"), field="auth_name")


def _check_path(text: str, name: str, *, allow_each: bool) -> None:
    try:
        path = read_path(text)
    except PathRefused as error:
        raise SourceRefused(_("这里看不懂：%(rest)s") % {"rest": error}, field=name) from error
    if path.has_each and not allow_each:
        raise SourceRefused(_("只有商品和快递的路径可以有 [*]"), field=name)


def known_fields(given: Mapping[str, str]) -> dict[str, str]:
    """The paths of a mapping, without those that are empty or that no order needs."""
    return {name: path.strip() for name, path in given.items() if name in BY_NAME and path.strip()}
