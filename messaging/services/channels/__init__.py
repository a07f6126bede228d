"""Ways to somebody outside the product: one class each, all with the same three methods (`calls.ChannelWay`)."""

from messaging.models import Channel
from messaging.services.channels.bot import BotChannel
from messaging.services.channels.calls import ChannelFailed, ChannelWay, Outgoing
from messaging.services.channels.email import EmailChannel
from messaging.services.channels.push import PushChannel
from messaging.services.channels.sms import SmsChannel

CHANNELS: dict[str, ChannelWay] = {
    Channel.PUSH: PushChannel(),
    Channel.EMAIL: EmailChannel(),
    Channel.SMS: SmsChannel(),
    Channel.BOT: BotChannel(),
}

__all__ = ["CHANNELS", "ChannelFailed", "Outgoing"]
