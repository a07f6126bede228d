"""Stock that falls below its threshold, rises above it, or is there again: noticed at the change and told in the log."""

from collections.abc import Collection, Iterable

from django.utils import timezone

from orders.events import StockBack, StockLow, StockReplenished
from orders.models import Variant
from orders.services.feeds import show_stock_events
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.configuration.models import shop_settings
from shopcomm.core.events.publish import publish_all

Crossing = StockBack | StockLow | StockReplenished


def cross_thresholds(variants: dict[int, Variant], sold_out: Collection[int]) -> list[Crossing]:
    """What is news of variants as they are now; `sold_out` could fill nothing before.

    Marks those that fell below their threshold or rose well above it; a piece to and fro is no news.
    """
    events: list[Crossing] = [
        StockBack(sku=variants[pk].sku, available=variants[pk].available)
        for pk in sorted(sold_out)
        if variants[pk].fillable > 0
    ]
    default = shop_settings().low_stock_threshold
    for variant in variants.values():
        threshold = default if variant.threshold is None else variant.threshold
        sku, available = variant.sku, variant.available
        if variant.low_since is None and available < threshold:
            variant.low_since = timezone.now()
            events.append(StockLow(sku=sku, available=available, threshold=threshold))
        elif variant.low_since and available >= threshold + max(1, threshold // 5):
            variant.low_since = None
            events.append(StockReplenished(sku=sku, available=available, threshold=threshold))
    return events


def announce_crossings(crossings: Iterable[Crossing], actor: Actor) -> None:
    """Write them into the log, and show them on open pages."""
    show_stock_events(publish_all(crossings, actor=actor))
