"""The counts of the badges on every staff page, in one query with those of the page itself."""

from typing import NamedTuple

from messaging.selectors.unread import unread_number
from orders.selectors.todo import todo_number
from orders.selectors.warehouse import waiting_number
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.database.prepared import NOTHING, Number, ask_numbers


class Badges(NamedTuple):
    """What stands on the buttons that lead through the shop's pages; 0 for who has no such button."""

    # In the queue of the desk.
    todo: int
    # Conversations with something unread.
    unread: int
    # New orders and changes that the warehouse has not acknowledged.
    waiting: int


def badges_with(actor: Actor | None, *more: Number) -> tuple[Badges, list[int]]:
    """The badges of a reader, and further numbers that a page wants."""
    shown = (
        ("orders.view", todo_number),
        ("conversations.view", unread_number),
        ("orders.view_to_ship", waiting_number),
    )
    badges = [number(actor) if actor and actor.may(right) else NOTHING for right, number in shown]
    found = ask_numbers(*badges, *more)
    return Badges(*found[: len(badges)]), found[len(badges) :]
