from orders.tasks.sweeps import auto_complete, expire_unpaid

__all__ = ["auto_complete", "expire_unpaid"]
