"""Order history from CSV and XLSX: streamed, one transaction an invoice, safe to repeat."""

from orders.services.imports.importing import import_orders

__all__ = ["import_orders"]
