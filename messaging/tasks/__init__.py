from messaging.tasks.notifications import deliver, release, timers
from messaging.tasks.scheduled import scheduled

__all__ = ["deliver", "release", "scheduled", "timers"]
