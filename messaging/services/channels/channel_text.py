"""A notice in the words of one channel."""

from django.conf import settings
from django.utils import translation

from messaging.models import Delivery, Notification, RecipientKind
from messaging.services.channels.outgoing import Outgoing
from messaging.services.notifications.render import link_for, notice_url
from messaging.services.notifications.templates import Story, fill_template, rule_words, site_link
from shopcomm.core.accounts.models import Customer
from shopcomm.core.configuration.models import shop_settings


def outgoing_text(delivery: Delivery) -> Outgoing:
    """What goes out: the rule's words for this channel if it has any, else what stands in the conversation."""
    notice = delivery.notification
    customer = _customer(notice)
    with translation.override((customer.language if customer else "") or settings.LANGUAGE_CODE):
        own = rule_words(notice.rule, translation.get_language() or "").bodies.get(delivery.channel)
        story = Story(
            order=notice.order,
            customer_name=customer.name if customer else "",
            shop_name=shop_settings().shop_name,
            data=notice.data,
            link=link_for(notice.order, notice.recipient_kind),
        )
        # A message that carries several notices has words of its own.
        alone = not notice.merged.exists()
        body = fill_template(own, notice.trigger, story) if own and alone else notice.body
        return Outgoing(
            reference=f"shopcomm-{notice.pk}-{delivery.channel}",
            title=f"{story.shop_name} · {notice.rule.name}",
            body=body,
            url=_url(notice),
            urgent=notice.urgent,
        )


def _customer(notice: Notification) -> Customer | None:
    if notice.recipient_kind != RecipientKind.CUSTOMER:
        return None
    return Customer.objects.filter(pk=notice.recipient_id).first()


def _url(notice: Notification) -> str:
    if notice.recipient_kind == RecipientKind.STAFF:
        return site_link(notice_url(notice))
    return link_for(notice.order, RecipientKind.CUSTOMER)() or site_link("/")
