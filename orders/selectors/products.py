"""Finding variants: for the order form, the API and the stock page."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from orders.models import Variant
from shopcomm.core.reading import is_readable
from shopcomm.core.search.query import parse_query

MOST_WORDS = 5


def variants_with_tiers(*, active_only: bool = True) -> QuerySet[Variant]:
    """Variants with product and tiers, by SKU."""
    rows = Variant.objects.select_related("product").prefetch_related("tiers").order_by("sku")
    return rows.filter(is_active=True, product__is_active=True) if active_only else rows


def variants_matching(q: str, *, limit: int = 20) -> list[Variant]:
    """Variants whose SKU, barcode, name, colour or size has every word of the text."""
    found = variants_with_tiers()
    for word in parse_query(q).words[:MOST_WORDS]:
        found = found.filter(
            Q(sku__icontains=word)
            | Q(barcode=word)
            | Q(product__name__icontains=word)
            | Q(color__icontains=word)
            | Q(size__icontains=word)
        )
    return list(found[:limit])


def written_skus(skus: Iterable[str]) -> dict[str, str]:
    """Each SKU as the shop writes it: as it stands if there are such goods, else in capitals, as the import keeps all.

    One rule for the API, forms, changes and stock. Asks the database only about those with small letters.
    """
    asked = {sku: sku.strip() for sku in skus}
    small = {sku for sku in asked.values() if sku != sku.upper() and is_readable(sku)}
    both = small | {sku.upper() for sku in small}
    kept = set(Variant.objects.filter(sku__in=both).values_list("sku", flat=True)) if small else set()
    return {sku: _kept(plain, kept) for sku, plain in asked.items()}


def _kept(sku: str, kept: set[str]) -> str:
    return sku.upper() if sku not in kept and sku.upper() in kept else sku
