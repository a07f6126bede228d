from messaging.models.attachments import Attachment
from messaging.models.channels import ChannelAccount, ChannelHealth, PushKey, PushSubscription
from messaging.models.conversation import Conversation
from messaging.models.membership import Membership, Side
from messaging.models.message import Message, Sender
from messaging.models.notifications import (
    Delivery,
    HoursInForce,
    Notification,
    NotificationPreference,
    RecipientKind,
)
from messaging.models.rules import (
    Audience,
    Channel,
    NotificationRule,
    NotificationTemplate,
    Outside,
    RuleVersion,
)
from messaging.models.scheduled import ScheduledMessage, StockWatch
from messaging.policies.notifications.triggers import Trigger

__all__ = [
    "Attachment",
    "Audience",
    "Channel",
    "ChannelAccount",
    "ChannelHealth",
    "Conversation",
    "Delivery",
    "HoursInForce",
    "Membership",
    "Message",
    "Notification",
    "NotificationPreference",
    "NotificationRule",
    "NotificationTemplate",
    "Outside",
    "PushKey",
    "PushSubscription",
    "RecipientKind",
    "RuleVersion",
    "ScheduledMessage",
    "Sender",
    "Side",
    "StockWatch",
    "Trigger",
]
