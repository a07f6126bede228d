"""Every kind of file that is taken in: what it may hold, and who reads, tries, takes and takes back its rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from orders.services.file_lists import customers, products, stock
from orders.services.file_lists.changes import Change, RowImporter, RowUndoer
from orders.services.file_lists.layout import Field, Match
from orders.services.imports import laid_out
from orders.services.imports.undoing import undo_imported_order
from shopcomm.core.accounts.actors import Actor


@dataclass(frozen=True)
class ImportKind:
    """One kind of file. `make` and `undoer` give what takes its rows in and back, from the file's name."""

    key: str
    title: str | Promise
    about: str | Promise
    fields: Sequence[Field]
    # None: the file is of orders, whose rows are taken in by the order.
    make: Callable[[str], RowImporter] | None
    undoer: Callable[[str], RowUndoer]
    # The same file again would do it again: rows say what came and went.
    adds_up: tuple[str, ...] = ()
    match: Match | None = None


class OrderUndoer:
    """Takes imported orders back."""

    def undo(self, change: Change, actor: Actor) -> None:
        """Delete the order, unless something has happened to it."""
        undo_imported_order(order_id=change.object_id, document=change.after["document"], actor=actor)


KINDS: tuple[ImportKind, ...] = (
    ImportKind(
        "products",
        gettext_lazy("商品"),
        gettext_lazy("一行一个规格：新货号会添加，已有的按表里写的改，空格不改。"),
        products.FIELDS,
        lambda _name: products.ProductImporter(),
        lambda _name: products.ProductImporter(),
    ),
    ImportKind(
        "stock",
        gettext_lazy("库存"),
        gettext_lazy("一行一个货号：写盘点后的数量，或增减的数量；每一行都记库存流水。"),
        stock.FIELDS,
        stock.StockImporter,
        stock.StockImporter,
        adds_up=("delta",),
    ),
    ImportKind(
        "customers",
        gettext_lazy("客户"),
        gettext_lazy("一行一位客户，按外部编号或手机号认人：没有的添加，已有的按表里写的改。"),
        customers.FIELDS,
        lambda _name: customers.CustomerImporter(),
        lambda _name: customers.CustomerImporter(),
    ),
    ImportKind(
        "orders",
        gettext_lazy("订单"),
        gettext_lazy(
            "以前的订单，一行一款：认得 1688、淘宝、有赞、Shopify 等的导出；一张单要么全收，要么不收。"
        ),
        laid_out.FIELDS,
        None,
        lambda _name: OrderUndoer(),
        match=laid_out.match_order_fields,
    ),
)
KIND_BY_KEY = {each.key: each for each in KINDS}
