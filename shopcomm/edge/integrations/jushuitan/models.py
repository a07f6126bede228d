"""Reading 聚水潭: when it was last read, and until when it is left alone."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from shopcomm.edge.integrations.models import Connection


class JushuitanAccount(models.Model):
    """What a connection to 聚水潭 knows besides its credentials; how far it was read is the connection's cursor."""

    connection = models.OneToOneField(Connection, models.CASCADE, related_name="jushuitan_account")
    pulled_at = models.DateTimeField(_("最近读取"), null=True, blank=True)
    rests_until = models.DateTimeField(null=True, blank=True)
    rests = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("聚水潭")
        verbose_name_plural = _("聚水潭")

    def __str__(self) -> str:
        return str(self.connection)
