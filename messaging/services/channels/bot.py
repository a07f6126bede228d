"""Bots in the groups of staff (企业微信, 钉钉, 飞书 and whatever else Apprise speaks)."""

import sys
from collections.abc import Iterable

from messaging.models import Channel, ChannelAccount, RecipientKind
from messaging.services.channels.calls import ChannelFailed, Outgoing, account_reach
from messaging.services.notifications.recipients import Recipient
from shopcomm.core.accounts.models import Staff
from shopcomm.core.outbound.requests_adapter import guard_requests


class BotChannel:
    """Bots in the groups of staff."""

    at_once = 4
    # Each group has people of its own.
    needs_every = True

    def addresses_of(self, people: Iterable[Recipient]) -> dict[Recipient, list[ChannelAccount]]:
        """The bots that stand in the groups of these members of staff."""
        bots = list(ChannelAccount.objects.filter(channel=Channel.BOT, enabled=True).order_by("pk"))
        if not bots:
            return {}
        ids = [person.id for person in people if person.kind == RecipientKind.STAFF]
        found = {}
        for pk, role in Staff.objects.filter(pk__in=ids).values_list("pk", "role"):
            if addresses := [bot for bot in bots if bot.role in ("", role)]:
                found[Recipient(RecipientKind.STAFF, pk)] = addresses
        return found

    def load_credentials(self) -> None:
        """A bot's are in its address."""

    def send_notice(self, outgoing: Outgoing, address: ChannelAccount, credentials: None) -> None:
        """Say it in one group. Raises ChannelFailed, for this bot alone."""
        # Slow to import, and only workers need it.
        import apprise

        guard_requests(account_reach())
        bots = apprise.Apprise()
        if not bots.add(address.url):
            raise ChannelFailed("not an address of a bot", final=True)
        if not all(_goes_by_http(bot) for bot in bots):
            raise ChannelFailed("not a bot that is reached by HTTP", final=True)
        if not bots.notify(title=outgoing.title, body=f"{outgoing.body}\n{outgoing.url}"):
            raise ChannelFailed("the group's bot did not take it")


def _goes_by_http(bot: object) -> bool:
    """Whether a service of Apprise calls out by `requests`, which is guarded: some open sockets of their own."""
    return hasattr(sys.modules[type(bot).__module__], "requests")
