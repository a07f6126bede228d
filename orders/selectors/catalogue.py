"""The catalogue for customers: styles with their variants, prices and stock."""

from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from orders.models import Product, TierPrice, Variant
from orders.selectors.products import MOST_WORDS, variants_with_tiers
from shopcomm.core.configuration.models import shop_settings
from shopcomm.core.search.query import parse_query

PAGE_SIZE = 24


@dataclass(frozen=True)
class Style:
    """A product with the variants that are on sale."""

    product: Product
    variants: list[Variant]
    # Below this many pieces the number itself is told.
    low: int

    @cached_property
    def shown(self) -> Variant:
        """The variant whose picture stands for all: one that can be had, if any can."""
        return next((each for each in self.variants if each.available > 0), self.variants[0])

    @property
    def prices(self) -> tuple[Decimal, Decimal]:
        """The lowest and the highest retail price."""
        every = [each.price for each in self.variants]
        return min(every), max(every)

    @cached_property
    def first_tier(self) -> TierPrice | None:
        """Where wholesale begins: the tier of the fewest pieces, the cheapest of its kind."""
        tiers = [tier for each in self.variants for tier in each.tiers.all()]
        return min(tiers, key=lambda tier: (tier.min_quantity, tier.price), default=None)

    @property
    def colours(self) -> int:
        """How many colours there are to choose from."""
        return len({each.color for each in self.variants if each.color})

    @property
    def pieces(self) -> int:
        """Pieces of all variants that can be promised."""
        return sum(max(each.available, 0) for each in self.variants)

    @property
    def few(self) -> bool:
        """Whether so few are left that the number is shown."""
        return 0 < self.pieces <= self.low


@dataclass(frozen=True)
class CataloguePage:
    """One page of the catalogue, and where the next begins."""

    styles: list[Style] = field(default_factory=list)
    after: int | None = None


def catalogue_page(*, q: str = "", category: str = "", after: int | None = None) -> CataloguePage:
    """A keyset page of products on sale, newest first; the same number of queries however long it is."""
    found = _matching(_on_sale(), q)
    if category:
        found = found.filter(category=category)
    if after is not None:
        found = found.filter(pk__lt=after)
    products = list(_with_variants(found).order_by("-pk")[: PAGE_SIZE + 1])
    more = len(products) > PAGE_SIZE
    low = shop_settings().low_stock_threshold
    styles = [_style(product, low) for product in products[:PAGE_SIZE]]
    return CataloguePage(styles, products[PAGE_SIZE - 1].pk if more else None)


def categories_on_sale() -> list[str]:
    """The categories in which something is on sale."""
    named = _on_sale().exclude(category="").order_by("category")
    return list(named.values_list("category", flat=True).distinct())


def style_of(product_id: int) -> Style | None:
    """One product that is on sale, None for any other."""
    product = _with_variants(_on_sale().filter(pk=product_id)).first()
    return _style(product, shop_settings().low_stock_threshold) if product else None


def variants_on_sale(skus: list[str]) -> dict[str, Variant]:
    """The variants on sale by SKU, with product and tiers."""
    return {each.sku: each for each in variants_with_tiers().filter(sku__in=skus)}


def is_nearly_gone(variant: Variant, low: int) -> bool:
    """Whether so few pieces of a variant are left that the number is shown."""
    return 0 < variant.available <= (low if variant.threshold is None else variant.threshold)


def _on_sale() -> QuerySet[Product]:
    sold = Variant.objects.filter(product=OuterRef("pk"), is_active=True)
    return Product.objects.filter(Exists(sold), is_active=True)


def _matching(products: QuerySet[Product], q: str) -> QuerySet[Product]:
    """Products that have every word, themselves or in one of their variants."""
    for word in parse_query(q).words[:MOST_WORDS]:
        own = Q(sku__icontains=word) | Q(color__icontains=word) | Q(size__icontains=word)
        said = Variant.objects.filter(own, product=OuterRef("pk"), is_active=True)
        named = Q(name__icontains=word) | Q(category__icontains=word) | Q(material__icontains=word)
        products = products.filter(named | Exists(said))
    return products


def _with_variants(products: QuerySet[Product]) -> QuerySet[Product]:
    on_sale = Variant.objects.filter(is_active=True).prefetch_related("tiers").order_by("pk")
    return products.prefetch_related(Prefetch("variants", queryset=on_sale))


def _style(product: Product, low: int) -> Style:
    every = list(product.variants.all())
    for each in every:
        # Saves a query for each: the picture tag asks for the product's name.
        each.product = product
    return Style(product, every, low)
