"""Ways to somebody outside the product: one module each, all with the same three functions.

`reach(people)` says where each of these people can be found; who is left out cannot be reached this way.
`credentials()` is what the shop speaks with. `send(outgoing, address, credentials)` speaks to the outside, in a thread
that must not touch the database, and returns nothing, or raises ChannelFailed.
"""

from messaging.models import Channel
from messaging.services.channels import bot, email, push, sms
from messaging.services.channels.outgoing import ChannelFailed, Module, Outgoing

CHANNELS: dict[str, Module] = {
    Channel.PUSH: push,
    Channel.EMAIL: email,
    Channel.SMS: sms,
    Channel.BOT: bot,
}

__all__ = ["CHANNELS", "ChannelFailed", "Outgoing"]
