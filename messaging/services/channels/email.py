"""E-mail by SMTP (RFC 5321), through the server of EMAIL_URL."""

import smtplib
from collections.abc import Iterable

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.message import sanitize_address

from messaging.models import Recipient
from messaging.services.channels.outgoing import ChannelFailed, Outgoing
from messaging.services.notifications.recipients import Person
from shopcomm.core.accounts.models import Customer, Staff


def reach(people: Iterable[Person]) -> dict[Person, list[str]]:
    """The e-mail addresses of those who have one; nobody's while no server is set."""
    people = list(people)
    if not settings.EMAIL_URL:
        return {}
    found: dict[Person, list[str]] = {}
    for kind, model in ((Recipient.CUSTOMER, Customer), (Recipient.STAFF, Staff)):
        ids = [person.id for person in people if person.kind == kind]
        rows = model.objects.filter(pk__in=ids).exclude(email="").values_list("pk", "email")
        found |= {Person(kind, pk): [address] for pk, address in rows}
    return found


def send(outgoing: Outgoing, addresses: list[str]) -> None:
    """Hand one mail to the server. Raises ChannelFailed."""
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">") or "localhost"
    mail = EmailMessage(
        subject=outgoing.title.replace("\n", " "),
        body=f"{outgoing.body}\n\n{outgoing.url}\n",
        to=[sanitize_address(address, "utf-8") for address in addresses],
        headers={"Message-ID": f"<{outgoing.reference}@{domain}>", "Auto-Submitted": "auto-generated"},
    )
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        raise ChannelFailed(f"refused: {error}", final=True) from error
    except smtplib.SMTPResponseException as error:
        # 5xx is for good, 4xx for now (RFC 5321, 4.2.1); a log-in that fails is mended by the shop.
        final = 500 <= error.smtp_code < 600 and not isinstance(error, smtplib.SMTPAuthenticationError)
        raise ChannelFailed(str(error), final=final) from error
    except (smtplib.SMTPException, OSError) as error:
        raise ChannelFailed(str(error)) from error
