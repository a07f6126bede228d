"""Products of an import: variants by upper-case SKU, created when the catalogue does not have them.

What only the past knows is not on sale: customers do not see it, and it has a price in yuan only if it was sold so.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from django.db import IntegrityError, transaction

from orders.models import Product, Variant
from orders.services.imports.amounts import unit_price
from orders.services.imports.rows import Row
from orders.services.imports.turns import take_turn
from shopcomm.core.deadlocks import retry_on_deadlock
from shopcomm.core.text import HOME_CURRENCY


class KnownVariant(NamedTuple):
    """What a line takes over from its variant."""

    pk: int
    sku: str
    name: str
    spec: str


class Catalogue:
    """Variants the file has named so far. Grows with the number of styles, not with the file."""

    def __init__(self) -> None:
        self.known: dict[str, KnownVariant] = {}
        self._names: dict[str, Counter[str]] = defaultdict(Counter)
        # The products of variants that are new.
        self._made: dict[str, Product] = {}

    @property
    def made(self) -> int:
        """How many variants are new."""
        return len(self._made)

    @property
    def several_names(self) -> int:
        """How many SKUs came under more than one name."""
        return sum(len(names) > 1 for names in self._names.values())

    def prepare(self, invoices: Iterable[list[Row]]) -> None:
        """Find or make the variants of many invoices at once, so that all of them are known."""
        missing: dict[str, Row] = {}
        for rows in invoices:
            for row in rows:
                if row.name:
                    self._names[row.sku][row.name] += 1
            missing = {row.sku: row for row in rows if row.sku not in self.known} | missing
        while missing := self._find(missing):
            try:
                self._make(missing)
            except IntegrityError:
                # Staff made one of these in this moment, or something else is wrong with them.
                if len(self._find(missing)) == len(missing):
                    raise

    def _find(self, rows: dict[str, Row]) -> dict[str, Row]:
        """Remember those of these that there are. Returns the others."""
        if rows:
            for variant in Variant.objects.select_related("product").filter(sku__in=rows):
                self.known[variant.sku] = _known(variant)
        return {sku: row for sku, row in rows.items() if sku not in self.known}

    @retry_on_deadlock
    @transaction.atomic
    def _make(self, missing: dict[str, Row]) -> None:
        take_turn()
        rows = self._find(missing)
        new = [Product(name=row.name or sku, is_active=False) for sku, row in rows.items()]
        made = dict(zip(rows, Product.objects.bulk_create(new), strict=True))
        Variant.objects.bulk_create(_variant(row, made[sku]) for sku, row in rows.items())
        self._made |= made

    def settle_names(self) -> None:
        """Call each new product what it was called most often."""
        renamed = []
        for sku, product in self._made.items():
            if self._names[sku] and product.name != (name := self._names[sku].most_common(1)[0][0]):
                product.name = name
                renamed.append(product)
        Product.objects.bulk_update(renamed, ["name"], batch_size=500)


def _known(variant: Variant) -> KnownVariant:
    return KnownVariant(variant.pk, variant.sku, variant.product.name, variant.spec)


def _variant(row: Row, product: Product) -> Variant:
    return Variant(
        product=product,
        sku=row.sku,
        color=row.rest.get("color", "")[:40],
        size=row.rest.get("size", "")[:40],
        price=unit_price(row) if row.currency == HOME_CURRENCY else 0,
        is_active=False,
    )
