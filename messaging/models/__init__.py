from messaging.models.attachments import Attachment
from messaging.models.conversation import Conversation, ReadMarker
from messaging.models.message import Message, Sender

__all__ = ["Attachment", "Conversation", "Message", "ReadMarker", "Sender"]
