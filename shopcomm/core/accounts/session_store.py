"""Sessions whose other requests are still on their way when the key changes, and the cookie that names them.

A browser with several pages asks several things at once. When a log-in gives the session another key, an answer to what
was asked under the old one may come last: by itself Django would have it delete the cookie, or set the key of a session
begun anew, and the log-in would be lost. So the old key lives on for a moment, and only the request that ends a session
deletes its cookie.
"""

from datetime import timedelta
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.contrib.sessions.middleware import SessionMiddleware as DjangoSessionMiddleware
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import patch_vary_headers

# Longer than any answer is on its way.
OLD_KEY_LIVES = timedelta(minutes=1)
# In what an old key still holds: there is a newer one.
REPLACED = "_replaced"


class SessionStore(DatabaseSessionStore):
    """In the database, so that a log-in outlives Redis."""

    # Whether this request has ended the session.
    was_ended = False

    def _get_session_from_db(self) -> Session | None:
        """Read the row by a statement that is written out: every request asks, and building it costs more than it does."""
        found = Session.objects.raw(
            "SELECT * FROM django_session WHERE session_key = %s AND expire_date > %s",
            [self.session_key, timezone.now()],
        )
        row = next(iter(found), None)
        if row is None:
            self._session_key = None
        return row

    def cycle_key(self) -> None:
        """Give the session another key; the old one holds the same for a moment, unless somebody of the shop is logged in."""
        data, old_key = dict(self.items()), self.session_key
        data.pop(REPLACED, None)
        self.create()
        self._session_cache = data
        if old_key and SESSION_KEY in data:
            self.delete(old_key)
        elif old_key:
            self.model.objects.filter(session_key=old_key).update(
                session_data=self.encode(data | {REPLACED: True}), expire_date=timezone.now() + OLD_KEY_LIVES
            )

    def flush(self) -> None:
        """End the session."""
        super().flush()
        self.was_ended = True


class SessionMiddleware(DjangoSessionMiddleware):
    """Sets and deletes no cookie for a session that was gone or replaced before: the browser may hold another by now."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        session: Any = request.session
        was_gone = session.is_empty() and not session.was_ended
        if was_gone or (session.modified and REPLACED in session):
            if session.accessed:
                patch_vary_headers(response, ("Cookie",))
            return response
        return super().process_response(request, response)
