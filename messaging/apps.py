from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_out
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class MessagingConfig(AppConfig):
    name = "messaging"
    verbose_name = _("会话")

    def ready(self) -> None:
        """Join the transactions of orders: a conversation with each, a line for each event."""
        from messaging import handlers  # noqa: F401  (joins the event log)
        from messaging.cards import enquiry, quote, shortage  # noqa: F401  (cards register themselves)
        from messaging.cards.change import show_change_card
        from messaging.selectors.notifications import notice_lines
        from messaging.selectors.rows import conversation_summaries, orders_with_unread
        from messaging.selectors.todo import UNANSWERED
        from messaging.selectors.unanswered import open_question_of
        from messaging.services.conversations import (
            assign_conversation_of,
            lock_conversations_of,
            open_order_conversation,
        )
        from messaging.services.event_lines import delete_history, write_event_line, write_history
        from messaging.services.purges import register_messaging_purges
        from messaging.services.quotes import tell_quote_event
        from messaging.services.shortages import tell_shortage_event
        from orders import hooks
        from shopcomm.core.accounts.services.staff_sessions import session_ended

        register_messaging_purges()
        post_migrate.connect(_first_run, sender=self)
        user_logged_out.connect(_left)
        session_ended.connect(_ended)
        hooks.order_created_hooks.append(open_order_conversation)
        hooks.completion_blockers.append(open_question_of)
        hooks.order_event_hooks += [write_event_line, show_change_card, tell_shortage_event]
        hooks.order_assigned_hooks.append(assign_conversation_of)
        hooks.orders_locked_hooks.append(lock_conversations_of)
        hooks.quote_event_hooks.append(tell_quote_event)
        hooks.order_history_hooks.append(write_history)
        hooks.imported_order_undone_hooks.append(delete_history)
        hooks.timeline_hooks.append(notice_lines)
        hooks.conversation_summary_hooks.append(conversation_summaries)
        hooks.unread_order_filters.append(orders_with_unread)
        hooks.todo_sources.append(UNANSWERED)


def _left(request: Any, **kwargs: Any) -> None:
    """A browser that somebody of the shop has logged out of is woken no more."""
    from messaging.services.subscriptions import forget_push_session

    forget_push_session(request.session.session_key)


def _ended(session_key: str, **kwargs: Any) -> None:
    """So is one that they ended from another browser."""
    from messaging.services.subscriptions import forget_push_session

    forget_push_session(session_key)


def _first_run(**kwargs: Any) -> None:
    """The rules every shop needs and its key for push are there from the first start; what was changed stays."""
    from messaging.services.channels.push import push_key
    from messaging.services.notifications.rules import ensure_default_rules

    ensure_default_rules()
    push_key()
