"""Every kind of file that is taken in: what it may hold, and who reads, tries, takes and takes back its rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from orders.services.file_lists import customers, products, stock
from orders.services.file_lists.changes import RowImporter
from orders.services.file_lists.layout import Field


@dataclass(frozen=True)
class ImportKind:
    """One kind of file. `make` gives what handles its rows, from the file's name."""

    key: str
    title: str | Promise
    about: str | Promise
    fields: Sequence[Field]
    make: Callable[[str], RowImporter]
    # The same file again would do it again: rows say what came and went.
    adds_up: tuple[str, ...] = ()


KINDS: tuple[ImportKind, ...] = (
    ImportKind(
        "products",
        gettext_lazy("商品"),
        gettext_lazy("一行一个规格：新货号会添加，已有的按表里写的改，空格不改。"),
        products.FIELDS,
        lambda _name: products.ProductImporter(),
    ),
    ImportKind(
        "stock",
        gettext_lazy("库存"),
        gettext_lazy("一行一个货号：写盘点后的数量，或增减的数量；每一行都记库存流水。"),
        stock.FIELDS,
        stock.StockImporter,
        adds_up=("delta",),
    ),
    ImportKind(
        "customers",
        gettext_lazy("客户"),
        gettext_lazy("一行一位客户，按外部编号或手机号认人：没有的添加，已有的按表里写的改。"),
        customers.FIELDS,
        lambda _name: customers.CustomerImporter(),
    ),
)
KIND_BY_KEY = {each.key: each for each in KINDS}
