"""Cards: lines of a conversation that show something as it is now and let a reader decide about it with a tap.

A card's message holds only the card's name and the id of what it shows; what a reader sees is rendered at each look,
so a card is never out of date, and its text says the same to whoever gets no cards (a push, the API, a search).
Each module of this package registers its card; `messaging.apps` imports them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from messaging.models import Conversation, Message
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.reading import whole_number

Action = Callable[[Actor, int, QueryDict], None]


@dataclass(frozen=True)
class Look:
    """One reader's look at one card. Whoever has one may see the conversation. `typed` is what was just refused."""

    actor: Actor
    conversation: Conversation
    message: Message
    typed: QueryDict | None = None

    @property
    def object_id(self) -> int:
        """The id of what the card shows."""
        return whole_number(self.message.data.get("id")) or 0


@dataclass(frozen=True)
class Card:
    """A kind of card.

    `context` gives the template what it shows. `actions` are what a reader may call for by name: each calls one service,
    which checks who asks, and raises an error with a `detail` for what cannot be done.
    """

    name: str
    template: str
    context: Callable[[Look], dict[str, Any]]
    actions: Mapping[str, Action] = field(default_factory=dict)


CARDS: dict[str, Card] = {}


def register_card(card: Card) -> Card:
    """Make a card known by its name. Raises ValueError for a name that is taken."""
    if CARDS.get(card.name, card) != card:
        raise ValueError(f"there is a card {card.name} already")
    CARDS[card.name] = card
    return card


def card_of_message(message: Message) -> Card | None:
    """The card that a message shows; None for any other message, and for one that was taken back."""
    if message.kind != Message.Kind.CARD or message.recalled_at:
        return None
    return CARDS.get(str(message.data.get("card", "")))
