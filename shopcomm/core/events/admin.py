from django.contrib import admin, messages
from django.db.models import Count, F, Q, QuerySet, Value
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from shopcomm.core.admin_filters import choice_filter
from shopcomm.core.events.holding import retry_dead_letter, retry_held_events
from shopcomm.core.events.models import DeadLetter, DomainEvent, HeldEvent, Reader
from shopcomm.core.events.readers import kind_label
from shopcomm.core.events.selectors import last_position
from shopcomm.core.read_only_admin import ReadOnlyAdmin

ACTORS = {
    "customer": _("客户"),
    "staff": _("员工"),
    "system": _("系统"),
    "assistant": _("助手"),
    "api": _("接口"),
}


@admin.register(DomainEvent)
class DomainEventAdmin(ReadOnlyAdmin):
    list_display = ("position", "type", "order_id", "actor_name", "occurred_at")
    list_filter = ("type",)
    search_fields = ("=order_id", "type")
    ordering = ("-id",)
    show_full_result_count = False
    fields = ("position", "type", "occurred_at", "kind", "actor_name", "order_id", "conversation_id", "data")

    @admin.display(description=_("操作者类型"))
    def kind(self, event: DomainEvent) -> str:
        """Who acted: a customer, staff, the shop by itself, or another system."""
        return str(ACTORS.get(event.actor_kind, event.actor_kind))


@admin.register(Reader)
class ReaderAdmin(ReadOnlyAdmin):
    list_display = ("name", "what", "state", "position", "behind", "held")
    list_filter = ("state",)
    fields = ("name", "what", "configuration", "state", "position")
    actions = ("pause", "resume")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reader]:
        behind = Value(last_position()) - F("position")
        return super().get_queryset(request).annotate(behind=behind, held=Count("heldevent"))

    @admin.display(description=_("种类"), ordering="kind")
    def what(self, reader: Reader) -> str:
        """Which kind of reader it is."""
        return kind_label(reader)

    @admin.display(description=_("还没读的事件"), ordering="behind")
    def behind(self, reader: Reader) -> int:
        """How many events of the log it has not come to yet."""
        count: int = getattr(reader, "behind", 0)
        return count

    @admin.display(description=_("等待重试的事件"), ordering="held")
    def held(self, reader: Reader) -> int:
        """How many events it failed at, or keeps back behind one of those."""
        count: int = getattr(reader, "held", 0)
        return count

    @admin.action(description=_("停下"))
    def pause(self, request: HttpRequest, readers: QuerySet[Reader]) -> None:
        """Have the chosen ones stop; what happens meanwhile waits for them."""
        self._set(request, readers, Reader.State.PAUSED)

    @admin.action(description=_("接着处理"))
    def resume(self, request: HttpRequest, readers: QuerySet[Reader]) -> None:
        """Have the chosen readers continue where they stopped."""
        self._set(request, readers, Reader.State.ACTIVE)

    def _set(self, request: HttpRequest, readers: QuerySet[Reader], state: str) -> None:
        names = list(readers.values_list("pk", flat=True))
        changed = Reader.objects.filter(pk__in=names).exclude(state=state).update(state=state)
        messages.info(request, _("已改变 %(count)s 个") % {"count": changed})


@admin.register(HeldEvent)
class HeldEventAdmin(ReadOnlyAdmin):
    list_display = ("reader", "event", "stream", "failures", "retry_at", "error", "held_at")
    list_filter = ("reader",)
    list_select_related = ("event", "reader")
    ordering = ("position",)
    actions = ("retry",)

    @admin.action(description=_("马上重试"))
    def retry(self, request: HttpRequest, held: QuerySet[HeldEvent]) -> None:
        """Have the chosen ones tried within seconds; what waits behind another is tried after it."""
        count = retry_held_events(HeldEvent.objects.filter(pk__in=list(held.values_list("pk", flat=True))))
        messages.info(request, _("几秒内会再试 %(count)s 条") % {"count": count})


@admin.register(DeadLetter)
class DeadLetterAdmin(ReadOnlyAdmin):
    list_display = ("reader", "event", "failures", "parked_at", "resolved_at")
    list_filter = (
        choice_filter(
            _("处理情况"),
            "state",
            {
                "open": (_("等人重试"), Q(resolved_at=None)),
                "done": (_("已解决"), Q(resolved_at__isnull=False)),
            },
        ),
    )
    list_select_related = ("event",)
    actions = ("retry",)

    @admin.action(description=_("重试"))
    def retry(self, request: HttpRequest, letters: QuerySet[DeadLetter]) -> None:
        """Give the chosen events to their readers once more."""
        done = sum(retry_dead_letter(letter) for letter in letters)
        messages.info(
            request, _("已重试 %(all)s 条，成功 %(done)s 条") % {"all": letters.count(), "done": done}
        )
