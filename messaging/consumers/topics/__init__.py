"""What the socket answers, a module a topic. Each registers itself as it is imported here."""

from messaging.consumers.topics import conversation, feed, presence

__all__ = ["conversation", "feed", "presence"]
