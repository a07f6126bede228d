from messaging.tasks.attachments import draw, purge
from messaging.tasks.notifications import deliver, release, timers
from messaging.tasks.scheduled import scheduled

__all__ = ["deliver", "draw", "purge", "release", "scheduled", "timers"]
