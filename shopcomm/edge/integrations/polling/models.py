"""How far a polled system has been read, and what was last known of each of its orders."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shopcomm.edge.integrations.models import Connection


class PolledSource(models.Model):
    """Where the reading of a source stands. Saved with each page that is stored, so a worker that is killed loses nothing.

    A *pass* asks for everything that changed since the mark, page by page, to its end.
    """

    connection = models.OneToOneField(Connection, models.CASCADE, related_name="polled")
    # Raised by each change of this row: what was read for an older turn is thrown away.
    turn = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(_("下次读取"), default=timezone.now, db_index=True)
    # Everything up to it is here: the latest change that a pass has seen which came to its end.
    mark = models.DateTimeField(_("读到"), null=True, blank=True)
    # Of the pass under way: where it goes on (a page's number, a cursor, an address; empty for its beginning), what it
    # asked for, the latest change it saw, how often it was begun anew, and whether it has brought anything new.
    place = models.TextField(blank=True)
    asked_since = models.DateTimeField(null=True, blank=True)
    begun_at = models.DateTimeField(null=True, blank=True)
    latest = models.DateTimeField(null=True, blank=True)
    pages = models.PositiveIntegerField(default=0)
    again = models.PositiveSmallIntegerField(default=0)
    found_new = models.BooleanField(default=False)
    # Rows of an order whose other rows may be on the next page.
    carried = models.JSONField(default=list)
    # A digest of the last page's rows: some serve their last page for ever.
    last_page = models.CharField(max_length=64, blank=True)
    # Everything is stored, also what is known: a person asked for it.
    replaying = models.BooleanField(default=False)
    # Of the first page, where it was the only one and may be asked for by condition: its address, and what it said.
    validated_url = models.TextField(blank=True)
    etag = models.CharField(max_length=200, blank=True)
    last_modified = models.CharField(max_length=60, blank=True)
    # In a row, since it answered last.
    failures = models.PositiveIntegerField(default=0)
    answered_at = models.DateTimeField(_("最近读取"), null=True, blank=True)
    # Rows of the last pass, and those of them that were new.
    rows = models.PositiveIntegerField(default=0)
    new_rows = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("轮询的来源")
        verbose_name_plural = _("轮询的来源")

    def __str__(self) -> str:
        return str(self.connection)


class PolledOrder(models.Model):
    """What an order was when it was last read: the same again is nothing new."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="+")
    external_id = models.CharField(max_length=64)
    # Its version in the other system, or a digest of what was read.
    state = models.CharField(max_length=80)
    changes = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("读到过的订单")
        verbose_name_plural = _("读到过的订单")
        constraints = [
            models.UniqueConstraint(fields=["connection", "external_id"], name="polled_order_once")
        ]

    def __str__(self) -> str:
        return self.external_id
