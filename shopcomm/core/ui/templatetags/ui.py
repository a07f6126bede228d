"""Tags and filters every template has: icons, style sheets, money, times."""

from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django import template
from django.core.files.storage import default_storage
from django.db.models import Model
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext as _

from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.rights import role_may
from shopcomm.core.http.sent_forms import FIELD
from shopcomm.core.phones import masked_phone, written_phone
from shopcomm.core.spans import written_span
from shopcomm.core.text import written_money
from shopcomm.core.ui.addresses import url_tag
from shopcomm.core.ui.assets import (
    ON_EVERY_PAGE,
    import_map,
    is_bundled,
    module_map,
    stylesheet_paths,
    with_imports,
)
from shopcomm.core.ui.drawing import draw_once

register = template.Library()

# Names other rooms use for symbols that the sprite has already.
ICON_SIZES = {"": "", "s": " icon--small", "m": " icon--medium", "l": " icon--large"}
# What a moment of the day before is told by.
YESTERDAY = "yesterday"
ICON_ALIASES = {"wallet": "pay", "undo": "refund", "close": "x"}


@register.simple_tag(name="icon")
@cache
def icon_svg(name: str, size: str = "") -> SafeString:
    """A decorative icon, in size "s", "m", "l" or its own; what carries it needs a label of its own."""
    sized = ICON_SIZES.get(size, f" {size}")
    if name == "logo":
        href = f"{static('icons/logo.svg')}#logo"
        return format_html('<svg class="icon{}" aria-hidden="true"><use href="{}"/></svg>', sized, href)
    return format_html('<i class="icon{} i-{}"></i>', sized, ICON_ALIASES.get(name, name))


@register.simple_tag(name="stylesheets")
@cache
def stylesheet_links(*views: str) -> SafeString:
    """The page's style sheets, in cascade order."""
    links = ((static(path),) for path in stylesheet_paths(*views, bundled=is_bundled()))
    return format_html_join("\n", '<link rel="stylesheet" href="{}">', links)


@register.simple_tag(name="importmap", takes_context=True)
def import_map_script(context: template.Context) -> SafeString:
    """The map from module names to hashed addresses; the one inline script, allowed by its nonce."""
    request = context.get("request")
    nonce = getattr(request, "csp_nonce", "") if request else ""
    body = import_map(for_staff=_is_for_staff(context))
    return format_html('<script type="importmap" nonce="{}">{}</script>', str(nonce), body)


@register.simple_tag(name="modulepreload", takes_context=True)
def module_preloads(context: template.Context, *names: str) -> SafeString:
    """Asks for modules and all they import at once, instead of one layer after the other. Belongs after the import map."""
    return module_preload_links(names, for_staff=_is_for_staff(context))


@cache
def module_preload_links(names: tuple[str, ...], *, for_staff: bool) -> SafeString:
    """The links of a page's modules."""
    known = module_map(for_staff=for_staff)
    links = ((known[name],) for name in with_imports(*ON_EVERY_PAGE, *names, for_staff=for_staff))
    return format_html_join("\n", '<link rel="modulepreload" href="{}">', links)


def _is_for_staff(context: template.Context) -> bool:
    """Whether a page is one of the shop's own: of somebody who is logged in, and not one that shows a customer theirs."""
    request = context.get("request")
    whose = getattr(request, "page_owner", None)
    return whose is None and bool(getattr(getattr(request, "user", None), "is_authenticated", False))


@register.filter(name="money")
def money_text(amount: Decimal | None, currency: str = "CNY") -> str:
    """¥8,677.75, with a true minus sign."""
    return "" if amount is None else written_money(amount, currency)


register.tag("url", url_tag)

# `{% draw_once "_rail.html" active=active %}`: a part of the page that sees these facts alone.
register.simple_tag(draw_once)


@register.simple_tag(takes_context=True)
def form_key(context: template.Context) -> SafeString:
    """The hidden key by which a form that is sent twice is known; one that was refused keeps its own."""
    request = context.get("request")
    posted = request.POST.get(FIELD, "") if request is not None else ""
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, posted or uuid4())


@register.filter(name="choice")
def chosen_label(row: Model | None, name: str) -> str:
    """The label of what a row chose: `get_…_display`, without translating all that it could have chosen."""
    if row is None:
        return ""
    chosen = getattr(row, name)
    return str(_labels(type(row), name).get(chosen, chosen))


@cache
def _labels(model: type[Model], name: str) -> dict[Any, Any]:
    field: Any = model._meta.get_field(name)
    return dict(field.flatchoices)


@register.filter(name="masked")
def masked_number(phone: str) -> str:
    """138 **** 6612: enough to recognise, not enough to dial."""
    return masked_phone(phone)


@register.filter(name="national")
def national_number(phone: str) -> str:
    """A Chinese number without its country code, as people write it."""
    return written_phone(phone)


@register.filter(name="avatar")
def avatar_color(key: Any) -> str:
    """The avatar colour of a person, the same on every page."""
    return f"avatar--tone-{sum(map(ord, str(key))) % 5 + 1}"


@register.filter(name="initial")
def name_initial(name: str) -> str:
    """What stands in an avatar."""
    return (str(name).strip() or "?")[0].upper()


@register.filter(name="capped")
def capped_count(count: int, most: int = 999) -> str:
    """A count that never grows wider than its tab."""
    return f"{most}+" if count > most else str(count)


@register.simple_tag(name="when")
def time_tag(moment: datetime | None) -> SafeString | str:
    """A time as staff read it; `lib/time.js` keeps it current and says which it is exactly."""
    if moment is None:
        return ""
    local = timezone.localtime(moment)
    return format_html(
        '<time datetime="{}" data-when>{}</time>',
        local.isoformat(timespec="seconds"),
        relative_time(local, timezone.localtime()),
    )


def relative_time(local: datetime, now: datetime) -> str:
    """刚刚, 5 分钟前, 15:04, 昨天 17:42, 11/08 16:20, then 2025/11/08."""
    return written_distance(local, distance_of(local, now))


def distance_of(local: datetime, now: datetime) -> int | str:
    """How far a moment lies back, as coarsely as it is told: in minutes below an hour, then as a pattern of its time."""
    seconds = (now - local).total_seconds()
    if 0 <= seconds < 3600:
        return int(seconds) // 60
    days = (now.date() - local.date()).days
    if days in (0, 1):
        return YESTERDAY if days else "%H:%M"
    return "%m/%d %H:%M" if now.year == local.year else "%Y/%m/%d"


def written_distance(local: datetime, distance: int | str) -> str:
    """A moment in the words of `relative_time`."""
    if isinstance(distance, int):
        return _("%(count)d 分钟前") % {"count": distance} if distance else _("刚刚")
    if distance == YESTERDAY:
        return _("昨天 %(time)s") % {"time": local.strftime("%H:%M")}
    return local.strftime(distance)


@register.filter
def time_left(until: datetime) -> str:
    """How long there still is until a moment, as people say it."""
    return written_span(until - timezone.now())


@register.filter(name="column")
def reader_column(user: Any) -> str:
    """The column of the rights table for a reader of the shop; blank for somebody who is not logged in."""
    return str(user.role) if getattr(user, "is_authenticated", False) else ""


@register.filter(name="may")
def reader_may(user: Any, key: str) -> bool:
    """Whether the reader (of the shop, an actor, or the column of one) has a right of the table in `accounts/rights.py`."""
    if isinstance(user, Actor):
        return user.may(key)
    if isinstance(user, str):
        return role_may(user, key)
    return bool(getattr(user, "is_authenticated", False)) and role_may(user.role, key)


@register.simple_tag(name="picture")
def picture_url(variant: Any) -> str:
    """The address of a variant's picture, a drawn bag when it has none."""
    product = getattr(variant, "product", None)
    uploaded = getattr(variant, "picture", None)
    return bag_of(
        uploaded.name if uploaded else "",
        getattr(variant, "static_picture", ""),
        str(product.name) if product else "",
    )


def bag_of(uploaded: str, drawn: str, product: str) -> str:
    """The address of a picture: the one uploaded, else the one drawn for it, else a bag of the product's shape."""
    if uploaded:
        return default_storage.url(uploaded)
    return _static(drawn or f"bags/{_shape(product)}-grey.svg")


@cache
def _static(path: str) -> str:
    """A file's address; it does not change while a process lives, and a page asks for a hundred."""
    return static(path)


def _shape(name: str) -> str:
    shapes = {"托特": "tote", "背包": "backpack", "双肩": "backpack", "斜挎": "crossbody", "旅行袋": "duffel"}
    shapes |= {"行李袋": "duffel", "公文": "brief", "电脑包": "brief"}
    return next((shape for word, shape in shapes.items() if word in name), "suitcase")


@register.simple_tag(name="query", takes_context=True)
def query_with(context: template.Context, **changes: Any) -> str:
    """The page's query string with some fields changed; None takes one away."""
    # A list of finds asks for each of them: a copy of the whole query costs several times what is changed.
    fields = dict(context["request"].GET.lists())
    for name, value in ({"after": None} | changes).items():
        fields.pop(name, None)
        if value not in (None, ""):
            fields[name] = [str(value)]
    return f"?{urlencode(fields, doseq=True)}"


@register.filter
def category_label(name: str) -> str:
    """A kind of goods in the reader's language where it is one that every bag shop has; else as the shop calls it."""
    return gettext(name) if name else ""


@register.filter(name="words")
def split_words(text: str) -> list[str]:
    """The words of a text, to loop over in a template."""
    return text.split()


@register.simple_tag
def bag_picture(name: str) -> SafeString:
    """A drawn bag such as `tote-caramel`; decoration only."""
    return format_html('<img src="{}" alt="" width="96" height="92">', static(f"bags/{name}.svg"))
