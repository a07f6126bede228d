"""Telling managers of a key before it ends, while there is time to make another one."""

from django.db import transaction
from django.utils import timezone

from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.publish import publish
from shopcomm.edge.integrations.keys.events import KeyExpiring
from shopcomm.edge.integrations.keys.selectors import expiring_keys


@transaction.atomic
def warn_of_expiring_keys() -> int:
    """Say of each key once that it ends soon. Returns how many."""
    keys = list(expiring_keys().filter(warned_at=None).select_for_update(skip_locked=True, no_key=True))
    for key in keys:
        ends = timezone.localtime(key.expires_at).strftime("%Y-%m-%d %H:%M")
        publish(KeyExpiring(key=key.pk, key_name=key.name, expires_on=ends), actor=Actor.system())
        key.warned_at = timezone.now()
        key.save(update_fields=["warned_at"])
    return len(keys)
