"""Order history from CSV and workbooks: streamed, whole orders or nothing of them, safe to repeat."""

from orders.services.imports.importing import import_orders
from orders.services.imports.remembered import unfinished_orders

__all__ = ["import_orders", "unfinished_orders"]
