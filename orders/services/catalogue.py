"""Adding products by a program. People do it in the admin."""

from collections.abc import Mapping
from decimal import Decimal

from django.db import transaction

from orders.models import Product, TierPrice, Variant


@transaction.atomic
def add_variant(*, product: Product, tiers: Mapping[int, Decimal], **columns: object) -> Variant:
    """Take a variant of a product into the catalogue, none of it in stock yet.

    `tiers`: what wholesale customers pay for a piece, by the number of pieces from which it counts. `columns`: those of
    the row (`sku`, `price`, …).
    """
    variant = Variant.objects.create(product=product, **columns)
    TierPrice.objects.bulk_create(
        TierPrice(variant=variant, min_quantity=pieces, price=price) for pieces, price in tiers.items()
    )
    return variant


def add_product(*, name: str, category: str, material: str) -> Product:
    """Take a product into the catalogue; it is sold once it has a variant."""
    return Product.objects.create(name=name, category=category, material=material)
