"""The manager's pages: products and stock are edited, orders are looked at."""

from orders.admin import orders, products, stock, variants

__all__ = ["orders", "products", "stock", "variants"]
