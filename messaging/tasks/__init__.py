from messaging.tasks.attachments import draw_pictures, purge_unsent_uploads
from messaging.tasks.notifications import deliver_notices, release_notices, run_notice_timers
from messaging.tasks.scheduled import send_scheduled_messages

__all__ = [
    "deliver_notices",
    "draw_pictures",
    "purge_unsent_uploads",
    "release_notices",
    "run_notice_timers",
    "send_scheduled_messages",
]
