"""The refusals of orders: each has a code, an HTTP status and a text for people."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from shopcomm.core.refusals import Refusal
from shopcomm.core.spans import written_span


class OrderError(Refusal):
    """An order, its money or its goods refuse."""

    code, status = "order_error", 400


@dataclass(frozen=True)
class DoneBy:
    """Who was quicker, and when."""

    who: str
    at: datetime

    @property
    def when(self) -> str:
        """15:06, with the day in front when it was another."""
        at = timezone.localtime(self.at)
        return f"{at:%H:%M}" if at.date() == timezone.localdate() else f"{at:%m-%d %H:%M}"


class IllegalTransition(OrderError):
    """The table has no such move."""

    code, status = "illegal_transition", 409

    def __init__(
        self,
        *,
        from_: str,
        to: str,
        allowed: Iterable[str],
        labels: Mapping[str, Any] = MappingProxyType({}),
        done: DoneBy | None = None,
    ) -> None:
        """`labels` is how people call the states, by their codes; `done` is who made this very move before."""
        said = {"from": labels.get(from_, from_), "to": labels.get(to, to)}
        text = _("订单不能从“%(from)s”变为“%(to)s”") % said
        if done:
            said |= {"who": done.who, "when": done.when}
            text = _("%(who)s 在 %(when)s 已经把这个订单改为“%(to)s”") % said
            if to == "picking":
                text = _("%(who)s 在 %(when)s 已经开始配这个订单") % said
        super().__init__(text, **{"from": from_, "to": to, "allowed": list(allowed)})


class OrderClosed(OrderError):
    """The order has ended; a new one is needed."""

    code, status = "order_closed", 409

    def __init__(self, *, from_: str, to: str = "") -> None:
        super().__init__(
            _("订单已结束，不能再变更；如需继续请新建订单"), **{"from": from_, "to": to, "allowed": []}
        )


class StaleVersion(OrderError):
    """Somebody was quicker. `changed` tells what they did: field, label, before, after, by, at."""

    code, status = "stale_version", 409

    def __init__(self, *, version: int, changed: list[dict[str, Any]]) -> None:
        super().__init__(_("订单刚刚被修改过，请核对后重试"), version=version, changed=changed)


class GuardFailed(OrderError):
    """The move is in the table, but something is missing for it."""

    code, status = "guard_failed", 422

    def __init__(self, *failures: tuple[str, str], **extra: Any) -> None:
        guards = [{"name": name, "text": str(text)} for name, text in failures]
        super().__init__("；".join(guard["text"] for guard in guards), guards=guards, **extra)

    @property
    def names(self) -> list[str]:
        """The names of the guards that failed."""
        return [guard["name"] for guard in self.extra["guards"]]


class InsufficientStock(GuardFailed):
    """More was asked for than can be promised. `short` lists sku, wanted and available."""

    def __init__(self, short: list[dict[str, Any]]) -> None:
        listed = _("、").join(f"{row['sku']}({row['available']})" for row in short)
        super().__init__(("insufficient_stock", _("库存不足：%(skus)s") % {"skus": listed}), short=short)


class ChangePending(OrderError):
    """A change of the order waits for somebody; nothing leaves until it is answered or acknowledged."""

    code, status = "change_pending", 423

    def __init__(self, *, request: dict[str, Any]) -> None:
        super().__init__(self._text(request), request=request)

    @staticmethod
    def _text(request: dict[str, Any]) -> str:
        """Who must act, and how long they still have."""
        left, who = request.get("seconds_left"), request.get("waits_for")
        if left is None:
            return _("订单有修改尚未确认，请先在仓库确认修改")
        if left <= 0:
            return _("订单有修改申请，等待%(who)s处理，已超时") % {"who": who}
        values = {"who": who, "left": written_span(timedelta(seconds=left))}
        return _("订单有修改申请，等待%(who)s处理，还剩 %(left)s") % values


class ChangeClash(OrderError):
    """What a request wants was changed otherwise since it was made; a person has to choose.

    `clashes` are ClashText. Whoever wants it as asked all the same says what they have `Seen`.
    """

    code, status = "change_clash", 409

    def __init__(self, *, version: int, clashes: Iterable[Any]) -> None:
        clashes = list(clashes)
        listed = _("；").join(each.sentence for each in clashes)
        rows = [vars(each) for each in clashes]
        super().__init__(
            _("提出以后有变化，请看清后再决定：%(listed)s") % {"listed": listed},
            version=version,
            clashes=rows,
        )


class ExternalIdReused(OrderError):
    """Another system sent another order under a number that it has used before."""

    code, status = "external_id_reused", 422

    def __init__(self, *, number: str) -> None:
        super().__init__(_("这个外部单号已经用于另一个内容不同的订单"), number=number)


class PricesChanged(OrderError):
    """The prices are no longer those that the page showed."""

    code, status = "prices_changed", 409

    def __init__(self) -> None:
        super().__init__(_("价格刚刚有变动，请核对后再提交"))


class ConsentNeeded(OrderError):
    """The customer has paid for what the shop would change; they have to agree first."""

    code, status = "consent_needed", 409

    def __init__(self) -> None:
        super().__init__(_("订单已付款，改价格、商品或地址要先请客户同意"))


class NotAllowed(OrderError):
    """The actor may not do this. `needed` lists the roles that may."""

    code, status = "not_allowed", 403

    def __init__(self, *, needed: Iterable[str]) -> None:
        super().__init__(_("你没有权限执行这个操作"), needed=sorted(needed))


class ImportRefused(OrderError):
    """A file that cannot be read as orders at all."""

    code, status = "import_refused", 422
