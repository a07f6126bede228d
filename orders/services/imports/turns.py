"""Whose turn it is to write, of several imports at once."""

from shopcomm.core.database.named_locks import wait_for_named_lock


def take_turn() -> None:
    """Wait until no other import writes; until this transaction ends, none will.

    Two that add the same customers, goods, orders or waybills in different orders would wait for each other. Staff never
    ask for this lock, so whoever holds it may wait for them.
    """
    wait_for_named_lock("orders.imports")
