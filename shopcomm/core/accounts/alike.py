"""Actors that are treated alike: one prepared statement serves them all."""

from dataclasses import replace
from typing import Any, cast

from django.db.models import BigIntegerField

from shopcomm.core.accounts.actors import Actor
from shopcomm.core.database.prepared import Given

# Typed as what they stand for: querysets take either.
READER = cast(int, Given("reader", BigIntegerField()))
READERS_ORDER = cast(int, Given("readers_order", BigIntegerField()))


def actor_with_given_keys(actor: Actor) -> Actor:
    """An actor with the same rights whose keys are `Given`."""
    return replace(actor, id=actor.id and READER, name="", order_id=actor.order_id and READERS_ORDER)


def keys_given_for(actor: Actor) -> dict[str, Any]:
    """The given values for one of these actors."""
    return {"reader": actor.id, "readers_order": actor.order_id}
