"""Goods from a file: a row is a variant. One that is known gets what the row says; an empty cell changes nothing."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.db.models import ProtectedError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders.models import OrderLine, Product, StockMovement, Variant
from orders.reading.amounts import CENT, MAX_MONEY
from orders.services.file_lists.cells import (
    check_untouched,
    differing_values,
    fitting_text,
    labels_of,
    number_of,
    whole_number_of,
)
from orders.services.file_lists.changes import Change, Effect
from orders.services.file_lists.layout import ABOVE, Field
from orders.services.imports.values import RowRefused, cell_text, code_of, money_of
from orders.services.locks import lock_variants
from shopcomm.core.accounts.actors import Actor

FIELDS = (
    Field("sku", "SKU", "sku sku编码 skucode 商家编码 规格编码 单品货号 货号 商品编码 商品编号 产品编码 款号 编码 itemcode itemno productcode", True),
    Field("name", gettext_lazy("品名"), "品名 商品名称 商品标题 产品名称 货品名称 宝贝标题 名称 商品 name productname title product", is_shared=True),
    Field("category", gettext_lazy("类别"), "类别 分类 类目 商品分类 品类 category", is_shared=True),
    Field("material", gettext_lazy("材质"), "材质 面料 材料 material", is_shared=True),
    Field("color", gettext_lazy("颜色"), "颜色 颜色分类 color colour"),
    Field("size", gettext_lazy("尺寸"), "尺寸 规格 尺码 size"),
    Field("price", gettext_lazy("零售价"), "零售价 售价 单价 价格 销售价 商品单价 price unitprice retailprice"),
    Field("barcode", gettext_lazy("条码"), "条码 条形码 商品条码 barcode ean upc"),
    Field("location", gettext_lazy("货位"), "货位 库位 仓位 location bin"),
    Field("threshold", gettext_lazy("预警线"), "预警线 库存预警 安全库存 预警 threshold"),
    Field("min_quantity", gettext_lazy("起订量"), "起订量 起批量 最小起订量 moq minquantity"),
    Field("is_active", gettext_lazy("在售"), "在售 是否在售 上架 状态 active onsale"),
)  # fmt: skip
# What a row without it takes from the row above, and what of a variant is kept with its product.
OF_PRODUCT, WITH_PRODUCT = ("name", "category", "material"), ("name", "category")
YES = frozenset({"是", "y", "yes", "true", "1", "在售", "上架", "销售中", "√", "启用"})
NO = frozenset({"否", "n", "no", "false", "0", "停售", "下架", "已下架", "×", "停用"})
MOST_PIECES = 1_000_000


class ProductImporter:
    """Takes variants in, each with its product."""

    def key_of(self, fields: Mapping[str, Any]) -> str:
        """Its SKU, as it is kept."""
        sku = code_of(fields.get("sku")).upper()
        if not sku:
            raise RowRefused(_("没有货号"))
        return _fitting("sku", sku)

    def compare(self, fields: Mapping[str, Any]) -> Effect:
        """Whether the catalogue has it, and says otherwise."""
        wanted = self._wanted(fields)
        variant = Variant.objects.select_related("product").filter(sku=self.key_of(fields)).first()
        if variant is None:
            _check_new(_with_above(fields, wanted))
            return Effect.NEW
        return Effect.CHANGED if differing_values(_values(variant, wanted), wanted)[1] else Effect.SAME

    def take(self, fields: Mapping[str, Any], actor: Actor) -> Change:
        """Add a variant, or change what is otherwise."""
        sku, wanted = self.key_of(fields), self._wanted(fields)
        known = Variant.objects.filter(sku=sku).values_list("pk", flat=True).first()
        if known is None:
            return _add(sku, _with_above(fields, wanted))
        lock_variants([known])
        variant = Variant.objects.select_related("product").get(pk=known)
        before, after = differing_values(_values(variant, wanted), wanted)
        if not after:
            return Change(Effect.SAME, known)
        _save(variant, after)
        return Change(Effect.CHANGED, known, before, after)

    def undo(self, change: Change, actor: Actor) -> None:
        """Take a new variant out of the catalogue, or give a changed one its values back."""
        variant = Variant.objects.select_related("product").filter(pk=change.object_id).first()
        if variant is None:
            raise RowRefused(_("已经不在了"))
        lock_variants([variant.pk])
        check_untouched(_values(variant, change.after), change.after, called=variant.sku, fields=FIELDS)
        if change.effect is Effect.NEW:
            _remove(variant)
        else:
            _save(variant, change.before)

    def _wanted(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """What the row says but for its SKU, as it is kept; texts and numbers that JSON knows."""
        wanted: dict[str, Any] = {}
        for name in ("name", "category", "material", "color", "size"):
            if text := cell_text(fields.get(name)):
                wanted[name] = _fitting(name, text)
        for name in ("barcode", "location"):
            if code := code_of(fields.get(name)):
                wanted[name] = _fitting(name, code)
        if "price" in fields:
            wanted["price"] = _price(fields["price"])
        for name, least in (("threshold", 0), ("min_quantity", 1)):
            if name in fields:
                wanted[name] = _pieces(name, fields[name], least)
        if "is_active" in fields:
            wanted["is_active"] = _yes_or_no(fields["is_active"])
        return wanted


def _with_above(fields: Mapping[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """With what a new variant shares with the one above it. One that is known keeps what its row leaves empty."""
    above = {name: cell_text(fields.get(f"{ABOVE}{name}")) for name in OF_PRODUCT}
    return {name: _fitting(name, text) for name, text in above.items() if text} | wanted


def _add(sku: str, wanted: dict[str, Any]) -> Change:
    _check_new(wanted)
    product = Product.objects.filter(name=wanted["name"]).order_by("pk").first()
    made = product is None
    if product is None:
        given = {name: wanted[name] for name in OF_PRODUCT if name in wanted}
        product = Product.objects.create(**given)
    own = {name: value for name, value in wanted.items() if name not in WITH_PRODUCT}
    variant = Variant.objects.create(product=product, sku=sku, **own)
    variant.refresh_from_db()
    told = [name for name in wanted if name != "category" or made]
    return Change(Effect.NEW, variant.pk, {}, _values(variant, told))


def _check_new(wanted: dict[str, Any]) -> None:
    missing = [name for name in ("name", "price") if name not in wanted]
    if missing:
        raise RowRefused(_("新货号要有：%(what)s") % {"what": labels_of(FIELDS, missing)})


def _values(variant: Variant, names: Iterable[str]) -> dict[str, Any]:
    """Some values as a file would say them."""
    found = {name: getattr(variant.product if name in WITH_PRODUCT else variant, name) for name in names}
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in found.items()}


def _save(variant: Variant, values: Mapping[str, Any]) -> None:
    of_product = [name for name in values if name in WITH_PRODUCT]
    own = [name for name in values if name not in of_product]
    for name, value in values.items():
        setattr(variant.product if name in of_product else variant, name, value)
    if of_product:
        variant.product.save(update_fields=of_product)
    if own:
        variant.save(update_fields=own)


def _remove(variant: Variant) -> None:
    """Delete a variant that nothing has happened to, and its product when that has no other."""
    if line := OrderLine._base_manager.filter(variant=variant).select_related("order").first():
        raise RowRefused(
            _("%(sku)s 已在订单 %(number)s 里") % {"sku": variant.sku, "number": line.order.number}
        )
    if StockMovement.objects.filter(variant=variant).exists():
        raise RowRefused(_("%(sku)s 已有库存变动") % {"sku": variant.sku})
    product = variant.product
    try:
        variant.delete()
        if not product.variants.exists():
            product.delete()
    except ProtectedError as error:
        raise RowRefused(_("%(sku)s 已在别处用到") % {"sku": variant.sku}) from error


def _fitting(name: str, text: str) -> str:
    model = Product if name in WITH_PRODUCT else Variant
    return fitting_text(text, model, name, what=labels_of(FIELDS, [name]))


def _price(cell: Any) -> str:
    what = labels_of(FIELDS, ["price"])
    _number, currency = money_of(cell, what=what, comma=False)
    if currency not in ("", "CNY"):
        raise RowRefused(_("零售价要用人民币：%(value)s") % {"value": cell_text(cell)[:40]})
    return str(number_of(cell, what=what, least=0, most=MAX_MONEY, step=CENT).quantize(CENT))


def _pieces(name: str, cell: Any, least: int) -> int:
    return whole_number_of(cell, what=labels_of(FIELDS, [name]), least=least, most=MOST_PIECES)


def _yes_or_no(cell: Any) -> bool:
    said = cell_text(cell).lower()
    if said in YES or said in NO:
        return said in YES
    raise RowRefused(_("在售请写“是”或“否”：%(value)s") % {"value": said[:20]})
