"""Products of an import: variants by upper-case SKU, created when the catalogue does not have them.

What only the past knows is not on sale: customers do not see it, and it has a price in yuan only if it was sold so.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable

from django.db import transaction

from orders.models import Product, Variant
from orders.services.imports.amounts import unit_price
from orders.services.imports.rows import Row
from shopcomm.core.text import HOME_CURRENCY


class Catalogue:
    """Variants the file has named so far. Grows with the number of styles, not with the file."""

    def __init__(self) -> None:
        self._known: dict[str, Variant] = {}
        self._names: dict[str, Counter[str]] = defaultdict(Counter)
        self._made: set[str] = set()

    @property
    def made(self) -> int:
        """How many variants are new."""
        return len(self._made)

    @property
    def several_names(self) -> int:
        """How many SKUs came under more than one name."""
        return sum(len(names) > 1 for names in self._names.values())

    def variants_of(self, rows: Iterable[Row]) -> dict[str, Variant]:
        """The variants of these rows by SKU."""
        rows = list(rows)
        for row in rows:
            if row.name:
                self._names[row.sku][row.name] += 1
        missing = {row.sku: row for row in rows if row.sku not in self._known}
        if missing:
            found = Variant.objects.select_related("product").filter(sku__in=missing)
            self._known |= {variant.sku: variant for variant in found}
        for sku, row in missing.items():
            if sku not in self._known:
                self._known[sku] = self._make(row)
        return {row.sku: self._known[row.sku] for row in rows}

    @transaction.atomic
    def _make(self, row: Row) -> Variant:
        self._made.add(row.sku)
        product = Product.objects.create(name=row.name or row.sku, is_active=False)
        return Variant.objects.create(
            product=product,
            sku=row.sku,
            color=row.rest.get("color", "")[:40],
            size=row.rest.get("size", "")[:40],
            price=unit_price(row) if row.currency == HOME_CURRENCY else 0,
            is_active=False,
        )

    def settle_names(self) -> None:
        """Call each new product what it was called most often."""
        renamed = []
        for sku in self._made:
            product = self._known[sku].product
            if self._names[sku] and product.name != (name := self._names[sku].most_common(1)[0][0]):
                product.name = name
                renamed.append(product)
        Product.objects.bulk_update(renamed, ["name"], batch_size=500)
