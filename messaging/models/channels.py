"""Channels outside the product: where they lead and who can be reached through them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from messaging.models.notifications import RecipientKind
from messaging.models.rules import Channel
from shopcomm.core.accounts.roles import Role


class Endpoint(models.Model):
    """Something outside that is called: when it keeps failing, it alone is left alone for a while."""

    failures = models.PositiveIntegerField(_("连续失败"), default=0, editable=False)
    paused_until = models.DateTimeField(_("暂停到"), null=True, blank=True, editable=False)
    last_error = models.CharField(_("最近错误"), max_length=300, blank=True, default="", editable=False)

    class Meta:
        abstract = True


class ChannelAccount(Endpoint):
    """The shop's access to a channel: an SMS gateway, or a bot in a group of staff."""

    channel = models.CharField(
        _("渠道"), max_length=8, choices=[(Channel.SMS, Channel.SMS.label), (Channel.BOT, Channel.BOT.label)]
    )
    name = models.CharField(_("名称"), max_length=60)
    # For bots an Apprise address such as wecombot://KEY; for SMS the gateway's https address.
    url = models.CharField(_("地址"), max_length=400)
    secret = models.CharField(_("密钥"), max_length=200, blank=True)
    # Bots: whose notices they carry; blank for everybody's.
    role = models.CharField(_("只发给角色"), max_length=12, choices=Role, blank=True)
    enabled = models.BooleanField(_("启用"), default=True)

    class Meta:
        verbose_name = _("渠道账号")
        verbose_name_plural = _("渠道账号")

    def __str__(self) -> str:
        return self.name


class ChannelHealth(models.Model):
    """How a channel fares: one that keeps failing is left alone for a while."""

    channel = models.CharField(max_length=8, choices=Channel, primary_key=True)
    failures = models.PositiveIntegerField(_("连续失败"), default=0)
    paused_until = models.DateTimeField(_("暂停到"), null=True, blank=True)
    last_error = models.CharField(_("最近错误"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("渠道状况")
        verbose_name_plural = _("渠道状况")

    def __str__(self) -> str:
        return self.get_channel_display()


class PushKey(models.Model):
    """The shop's VAPID key pair (RFC 8292), made once; every browser that subscribed knows its public half."""

    private_pem = models.TextField()
    # Base64url of the uncompressed point, as `applicationServerKey` takes it.
    public = models.CharField(max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_push_key")]

    def __str__(self) -> str:
        return self.public


class PushSubscription(Endpoint):
    """One browser that agreed to be woken (RFC 8030)."""

    owner_kind = models.CharField(max_length=8, choices=RecipientKind)
    owner_id = models.BigIntegerField()
    # By what its person was known: the phone that a code proved, or the digest of a password (of staff). It wakes as long
    # as that still holds. Empty for who came by signed links: it wakes for the orders of those that are live.
    proof = models.CharField(max_length=64, default="", blank=True)
    links = models.ManyToManyField("accounts.OrderLink", related_name="+", blank=True)
    # The session that agreed, digested: leaving it ends the agreement.
    session = models.CharField(max_length=64, default="", blank=True, db_index=True)
    # Where a customer's notices lead who proved the phone; a link leads to its own order.
    path = models.CharField(max_length=300, default="/")
    endpoint = models.CharField(max_length=600, unique=True)
    p256dh = models.CharField(max_length=120)
    auth = models.CharField(max_length=40)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("推送订阅")
        verbose_name_plural = _("推送订阅")
        indexes = [models.Index(fields=["owner_kind", "owner_id"], name="push_by_owner")]

    def __str__(self) -> str:
        return f"{self.owner_kind} {self.owner_id}"
