"""The first page of the admin."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from shopcomm.core.configuration.models import ShopSettings
from shopcomm.edge.admin_home.figures import Standing, room_standings
from shopcomm.edge.admin_home.file_imports import file_imports
from shopcomm.edge.admin_home.rooms import Room, admin_rooms


@dataclass(frozen=True)
class Card:
    """A room as the page shows it."""

    room: Room
    standing: Standing


def admin_home_context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Every room with its numbers, alerts and pages. Called by unfold."""
    # The admin changes a row that is there.
    ShopSettings.objects.get_or_create(pk=1)
    known = room_standings()
    cards = [Card(room, known.get(room.key, Standing())) for room in admin_rooms()]
    return context | {
        "cards": cards,
        "alerts": sum(len(card.standing.alerts) for card in cards),
        "file_imports": file_imports(),
    }
