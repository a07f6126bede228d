"""Stock from a file: a row says how many pieces of a variant there are, or how many came and went."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders.errors import GuardFailed, OrderError
from orders.models import StockMovement, Variant
from orders.selectors.products import written_skus
from orders.services.file_lists.cells import labels_of, whole_number_of
from orders.services.file_lists.changes import Change, Effect
from orders.services.file_lists.layout import ABOVE, Field
from orders.services.imports.values import RowRefused, cell_text, code_of
from orders.services.stock import MAX_ON_HAND, set_stock
from shopcomm.core.accounts.actors import Actor

FIELDS = (
    Field("sku", "SKU", "sku sku编码 skucode 商家编码 规格编码 单品货号 货号 商品编码 商品编号 产品编码 款号 编码 条码 itemcode itemno", True),
    Field("on_hand", gettext_lazy("现有库存"), "现有库存 库存 库存数量 盘点数 盘点数量 实盘数 实盘数量 实际库存 数量 onhand stock quantity qty"),
    Field("delta", gettext_lazy("增减数量"), "增减数量 增减 入库数量 入库 到货数量 变动数量 delta change"),
    Field("reason", gettext_lazy("原因"), "原因 备注 说明 reason note", is_shared=True),
)  # fmt: skip

# Goods may move between the look at a variant and its count.
ATTEMPTS = 3


class StockImporter:
    """Counts variants anew, or adds and takes pieces. `name` of the file is the reason of rows that give none."""

    def __init__(self, name: str) -> None:
        self._name = name

    def key_of(self, fields: Mapping[str, Any]) -> str:
        """The SKU as the catalogue writes it."""
        said = code_of(fields.get("sku"))
        if not said:
            raise RowRefused(_("没有货号"))
        return written_skus([said])[said]

    def compare(self, fields: Mapping[str, Any]) -> Effect:
        """Whether the books say otherwise."""
        variant = self._variant(fields)
        target = self._target(variant, *self._said(fields))
        return Effect.SAME if target == variant.on_hand else Effect.CHANGED

    def take(self, fields: Mapping[str, Any], actor: Actor) -> Change:
        """Have it counted, with a movement as always."""
        on_hand, delta = self._said(fields)
        reason = cell_text(fields.get("reason", fields.get(f"{ABOVE}reason")))[:180] or _(
            "导入 %(number)s"
        ) % {"number": self._name[:150]}
        for _attempt in range(ATTEMPTS):
            variant = self._variant(fields)
            self._target(variant, on_hand, delta)
            try:
                counted = set_stock(
                    actor=actor,
                    sku=variant.sku,
                    on_hand=on_hand,
                    delta=delta,
                    reason=reason,
                    seen=variant.on_hand,
                )
            except GuardFailed as error:
                refusal = error
                continue
            return _change(variant, counted, actor, reason)
        raise RowRefused(str(refusal.detail))

    def undo(self, change: Change, actor: Actor) -> None:
        """Count it as it was, unless goods have moved since."""
        variant = Variant.objects.filter(pk=change.object_id).first()
        if variant is None:
            raise RowRefused(_("已经不在了"))
        since = StockMovement.objects.filter(variant=variant, pk__gt=change.after["movement"])
        if moved := since.exclude(on_hand_delta=0).select_related("order").order_by("pk").first():
            told = {
                "sku": variant.sku,
                "kind": moved.get_kind_display(),
                "order": moved.order or moved.reason,
            }
            raise RowRefused(_("%(sku)s 之后又有变动：%(kind)s %(order)s") % told)
        reason = _("撤销导入 %(name)s") % {"name": self._name[:150]}
        before, after = change.before["on_hand"], change.after["on_hand"]
        try:
            set_stock(actor=actor, sku=variant.sku, on_hand=before, reason=reason, seen=after)
        except OrderError as error:
            raise RowRefused(str(error.detail)) from error

    def _variant(self, fields: Mapping[str, Any]) -> Variant:
        sku = self.key_of(fields)
        variant = Variant.objects.filter(sku=sku).first()
        if variant is None:
            raise RowRefused(_("没有这个货号：%(sku)s") % {"sku": sku[:64]})
        return variant

    def _said(self, fields: Mapping[str, Any]) -> tuple[int | None, int | None]:
        """A count, or what came and went."""
        if ("on_hand" in fields) == ("delta" in fields):
            raise RowRefused(_("请填写现有库存或增减数量，二选一"))
        if "on_hand" in fields:
            return _pieces(fields, "on_hand"), None
        return None, _pieces(fields, "delta")

    def _target(self, variant: Variant, on_hand: int | None, delta: int | None) -> int:
        target = variant.on_hand + delta if delta is not None else on_hand or 0
        if not 0 <= target <= MAX_ON_HAND:
            raise RowRefused(_("%(sku)s 会变成 %(count)s 件") % {"sku": variant.sku, "count": target})
        return target


def _change(variant: Variant, counted: Variant, actor: Actor, reason: str) -> Change:
    """What a count has done; it holds the variant's row, so the newest movement is its own or there is none."""
    moved = StockMovement.objects.filter(variant=variant).exclude(on_hand_delta=0).order_by("-pk").first()
    if (
        counted.on_hand == variant.on_hand
        or moved is None
        or (moved.actor_name, moved.reason) != (actor.name, reason)
    ):
        return Change(Effect.SAME, variant.pk)
    short = _("、").join(row.order.number for row in counted.broken_promises)
    told = {"sku": variant.sku, "orders": short}
    note = _("%(sku)s 不够，转为缺货的订单：%(orders)s") % told if short else ""
    after = {"on_hand": counted.on_hand, "movement": moved.pk}
    return Change(Effect.CHANGED, variant.pk, {"on_hand": variant.on_hand}, after, note)


def _pieces(fields: Mapping[str, Any], name: str) -> int:
    what = labels_of(FIELDS, [name])
    return whole_number_of(fields[name], what=what, least=-MAX_ON_HAND, most=MAX_ON_HAND)
