"""E-mail by SMTP (RFC 5321), through the server of EMAIL_URL."""

import smtplib
from collections.abc import Iterable

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.message import sanitize_address

from messaging.models import RecipientKind
from messaging.services.channels.calls import ChannelFailed, Outgoing
from messaging.services.notifications.recipients import Recipient
from shopcomm.core.accounts.models import Customer, Staff

# What a server refuses whoever the mail is for.
OUR_OWN = (
    smtplib.SMTPAuthenticationError,
    smtplib.SMTPSenderRefused,
    smtplib.SMTPConnectError,
    smtplib.SMTPHeloError,
)
SERVICE_CLOSES = 421


class EmailChannel:
    """Mail through the shop's server."""

    at_once = 1
    needs_every = False

    def addresses_of(self, people: Iterable[Recipient]) -> dict[Recipient, list[str]]:
        """The e-mail addresses of those who have one; nobody's while no server is set."""
        people = list(people)
        if not settings.EMAIL_URL:
            return {}
        found: dict[Recipient, list[str]] = {}
        for kind, model in ((RecipientKind.CUSTOMER, Customer), (RecipientKind.STAFF, Staff)):
            ids = [person.id for person in people if person.kind == kind]
            rows = model.objects.filter(pk__in=ids).exclude(email="").values_list("pk", "email")
            found |= {Recipient(kind, pk): [address] for pk, address in rows}
        return found

    def load_credentials(self) -> None:
        """Those of EMAIL_URL, which Django knows."""

    def send_notice(self, outgoing: Outgoing, address: str, credentials: None) -> None:
        """Hand one mail to the server. Raises ChannelFailed; what the server does to everybody is the channel's."""
        domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">") or "localhost"
        mail = EmailMessage(
            subject=outgoing.title.replace("\n", " "),
            body=f"{outgoing.body}\n\n{outgoing.url}\n",
            to=[sanitize_address(address, "utf-8")],
            headers={"Message-ID": f"<{outgoing.reference}@{domain}>", "Auto-Submitted": "auto-generated"},
        )
        try:
            mail.send()
        except smtplib.SMTPRecipientsRefused as error:
            final = all(_is_final(code) for code, _words in error.recipients.values())
            raise ChannelFailed(f"refused: {error}", final=final) from error
        except OUR_OWN as error:
            # A log-in, or a sender, that is refused is mended by the shop.
            raise ChannelFailed(str(error), of_channel=True) from error
        except smtplib.SMTPResponseException as error:
            closing = error.smtp_code == SERVICE_CLOSES
            raise ChannelFailed(str(error), final=_is_final(error.smtp_code), of_channel=closing) from error
        except (smtplib.SMTPException, OSError) as error:
            raise ChannelFailed(str(error), of_channel=True) from error


def _is_final(code: int) -> bool:
    """5xx is for good, 4xx for now (RFC 5321, 4.2.1)."""
    return 500 <= code < 600
