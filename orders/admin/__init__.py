"""The manager's admin pages: products and stock are edited, orders are read-only."""

from orders.admin import orders, products, stock, variants

__all__ = ["orders", "products", "stock", "variants"]
