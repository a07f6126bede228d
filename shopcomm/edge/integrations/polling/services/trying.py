"""A dry run: one page is fetched, and it is shown what would be taken of it. Nothing is stored."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from orders.selectors.items import variants_by_sku, with_stored_skus
from orders.services.orders import ItemInput
from shopcomm.core.outbound.calls import AddressRefused, NoAnswer
from shopcomm.core.phones import PhoneRefused, normalise_phone
from shopcomm.edge.integrations.inbound_order import InboundOrder, NotReadable, read_inbound_order
from shopcomm.edge.integrations.polling.asking import BadAnswer, Page, ask_page, page_url
from shopcomm.edge.integrations.polling.json_paths import leaf_paths, read_path, value_at
from shopcomm.edge.integrations.polling.mapping import group_rows, map_order
from shopcomm.edge.integrations.polling.services.storing import plain_json
from shopcomm.edge.integrations.polling.source_settings import SourceSettings

SHOWN_ROWS, LONGEST_JSON = 20, 20_000
# Somebody waits for the page.
SECONDS = 15.0


@dataclass(frozen=True)
class TriedRow:
    """One order of the page: what would be taken of it, or why it would be parked."""

    external_id: str
    order: InboundOrder | None = None
    wrong: str = ""
    json: str = ""


@dataclass(frozen=True)
class Tried:
    """What a dry run found. `error`: no page could be read; `answer`: the beginning of what was answered, for a person."""

    error: str = ""
    rows: list[TriedRow] = field(default_factory=list)
    count: int = 0
    wrong: int = 0
    answer: str = ""
    paths: list[str] = field(default_factory=list)
    has_next: bool = False


def try_source(
    settings: SourceSettings, secret: str, statuses: Mapping[str, str], since: datetime | None = None
) -> Tried:
    """What the first page would be read as, of what changed `since`. Raises nothing: an error is what was found."""
    try:
        page = ask_page(settings, secret, page_url(settings, "", since), seconds=SECONDS)
    except BadAnswer as bad:
        return Tried(error=bad.detail)
    except (AddressRefused, NoAnswer) as refused:
        return Tried(error=str(refused))
    groups = group_rows(page.rows, settings)
    bodies = [plain_json(map_order(group, settings)) for group in groups]
    skus = _known_skus(bodies)
    rows = [_tried(body, group, statuses, skus) for body, group in zip(bodies, groups, strict=True)]
    return Tried(
        rows=rows[:SHOWN_ROWS],
        count=len(rows),
        wrong=sum(bool(each.wrong) for each in rows),
        answer=_shown(page, settings),
        paths=leaf_paths(page.rows[0]) if page.rows else [],
        has_next=bool(page.next),
    )


def _shown(page: Page, settings: SourceSettings) -> str:
    """The answer with the first of its rows, as text."""
    rows = value_at(page.value, read_path(settings.rows))
    shown = page.value
    if isinstance(rows, list) and len(rows) > 1:
        shown = _with_first_row(page.value, rows)
    return json.dumps(plain_json(shown), ensure_ascii=False, indent=2)[:LONGEST_JSON]


def _with_first_row(value: Any, rows: list[Any]) -> Any:
    if value is rows:
        return rows[:1]
    if isinstance(value, dict):
        return {name: _with_first_row(each, rows) for name, each in value.items()}
    return [_with_first_row(each, rows) for each in value] if isinstance(value, list) else value


def _tried(body: dict[str, Any], group: list[Any], statuses: Mapping[str, str], skus: set[str]) -> TriedRow:
    number, text = str(body.get("external_id", "")), json.dumps(plain_json(group[0]), ensure_ascii=False)
    try:
        order = read_inbound_order(body, timezone.now(), statuses)
        _check_goods_and_phone(order, skus)
    except NotReadable as error:
        return TriedRow(number, wrong=error.detail, json=text[:LONGEST_JSON])
    return TriedRow(number, order=order, json=text[:LONGEST_JSON])


def _known_skus(bodies: list[dict[str, Any]]) -> set[str]:
    """Those of the page's codes, as they are written there, that are on sale here."""
    lines = [line for body in bodies for line in body.get("items", [])]
    asked = list({str(line.get("sku", "")) for line in lines})
    stored = with_stored_skus([ItemInput(sku, 1) for sku in asked])
    known = variants_by_sku(stored)
    return {sku for sku, item in zip(asked, stored, strict=True) if item.sku in known}


def _check_goods_and_phone(order: InboundOrder, skus: set[str]) -> None:
    """What the order itself would refuse. Raises NotReadable."""
    unknown = [each["sku"] for each in order.items or [] if each["sku"] not in skus]
    if unknown:
        raise NotReadable("sku_unknown", _("没有这些商品：%(skus)s") % {"skus": ", ".join(unknown)})
    if order.customer:
        try:
            normalise_phone(order.customer["phone"])
        except PhoneRefused as error:
            raise NotReadable("phone_refused", str(error)) from error
