"""The desk's pages that need both domains: what becomes of an order in its conversation."""
