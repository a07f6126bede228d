"""The topics of the socket, one module each. Each registers itself when it is imported here."""

from messaging.consumers.topics import conversation, feed, presence

__all__ = ["conversation", "feed", "presence"]
