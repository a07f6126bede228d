"""Which rules are broken, and which tests are to notice. The quickest and nearest tests come first."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """Modules whose lines are broken, and the tests that are run for each break; paths from the top of the project."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


PARTS = {
    "transitions": Part(
        ("orders/policies/transitions.py", "orders/services/transitions.py", "orders/services/moves.py"),
        (
            "tests/orders/test_guards.py",
            "tests/orders/test_transition_table.py",
            "tests/orders/test_transitions.py",
            "tests/orders/test_transition_actors.py",
            "tests/orders/test_deadlock_retries.py",
            "tests/orders/test_sweeps.py",
            "tests/orders/test_parcels_and_payments.py",
            "tests/orders/test_desk_forms.py",
            "tests/orders/test_edit_order.py",
            "tests/orders/test_incoming_payments.py",
            "tests/orders/test_deposits.py",
            "tests/orders/test_part_shipments.py",
            "tests/orders/test_change_requests.py",
            "tests/api/test_orders_api.py",
            "tests/messaging/test_conversation_of_an_order_link.py",
        ),
    ),
    "guards": Part(
        ("orders/services/guards.py",),
        (
            "tests/orders/test_guards.py",
            "tests/orders/test_transitions.py",
            "tests/orders/test_transition_actors.py",
            "tests/orders/test_parcels_and_payments.py",
            "tests/orders/test_incoming_payments.py",
            "tests/orders/test_after_sales.py",
            "tests/orders/test_edit_order.py",
            "tests/orders/test_consent.py",
            "tests/orders/test_deposits.py",
            "tests/orders/test_debts.py",
            "tests/orders/test_part_shipments.py",
            "tests/orders/test_parcels_home.py",
            "tests/orders/test_shortages.py",
            "tests/orders/test_transition_table.py",
            "tests/orders/test_desk_forms.py",
        ),
    ),
    "stock": Part(
        ("orders/services/stock.py",),
        (
            "tests/orders/test_stock.py",
            "tests/orders/test_stock_pieces.py",
            "tests/orders/test_deadlock_retries.py",
            "tests/orders/test_shortages.py",
            "tests/orders/test_transitions.py",
            "tests/orders/test_after_sales.py",
            "tests/orders/test_orders_admin.py",
            "tests/orders/test_stock_counts.py",
            "tests/orders/test_missing_reports.py",
            "tests/orders/test_parcels_home.py",
            "tests/orders/test_part_shipments.py",
            "tests/orders/test_lock_order.py",
            "tests/orders/test_edit_order.py",
        ),
    ),
    "money": Part(
        (
            "orders/services/payments.py",
            "orders/services/refunds.py",
            "orders/services/repayments.py",
            "orders/selectors/pricing.py",
            "orders/selectors/open_sums.py",
        ),
        (
            "tests/orders/test_incoming_payments.py",
            "tests/orders/test_price_answers.py",
            "tests/orders/test_order_price.py",
            "tests/orders/test_open_sums.py",
            "tests/orders/test_refund_forms.py",
            "tests/orders/test_parcels_and_payments.py",
            "tests/orders/test_after_sales.py",
            "tests/orders/test_refund_races.py",
            "tests/orders/test_after_sales_money.py",
            "tests/orders/test_debts.py",
            "tests/orders/test_deposits.py",
            "tests/orders/test_repayments.py",
            "tests/orders/test_desk_forms.py",
            "tests/api/test_orders_api.py",
        ),
    ),
    "visibility": Part(
        (
            "orders/selectors/visibility.py",
            "orders/selectors/orders.py",
            "messaging/selectors/conversations.py",
            "messaging/consumers/feeds.py",
        ),
        (
            "tests/orders/test_order_selectors.py",
            "tests/orders/test_desk_pages.py",
            "tests/api/test_access.py",
            "tests/messaging/test_send_message.py",
            "tests/messaging/test_feeds.py",
            "tests/messaging/test_socket.py",
            "tests/edge/test_portal_page.py",
            "tests/edge/test_my_orders.py",
            "tests/edge/test_addresses_of_others.py",
            "tests/messaging/test_quote_cards.py",
            "tests/messaging/test_inbox_view.py",
        ),
    ),
    "notices": Part(
        (
            "messaging/policies/notifications/timing.py",
            "messaging/policies/notifications/merge.py",
            "messaging/policies/notifications/relevance.py",
            "messaging/policies/notifications/steps.py",
            "messaging/policies/notifications/retries.py",
            "messaging/policies/notifications/recipients.py",
            "messaging/policies/notifications/channels.py",
            "messaging/policies/notifications/rehearsal.py",
        ),
        (
            "tests/messaging/policies/test_timing.py",
            "tests/messaging/policies/test_merge.py",
            "tests/messaging/policies/test_relevance.py",
            "tests/messaging/policies/test_steps.py",
            "tests/messaging/policies/test_retries.py",
            "tests/messaging/policies/test_delivery_requests.py",
            "tests/messaging/policies/test_recipients.py",
            "tests/messaging/policies/test_channels.py",
            "tests/messaging/policies/test_rehearsal.py",
            "tests/messaging/notifications/test_limits.py",
            "tests/messaging/notifications/test_render.py",
        ),
    ),
    "write": Part(
        ("messaging/services/write.py", "messaging/services/drafts.py"),
        (
            "tests/messaging/test_drafts.py",
            "tests/messaging/test_send_message.py",
            "tests/messaging/test_socket.py",
            "tests/api/test_messages_api.py",
            "tests/messaging/test_send_queue.py",
            "tests/messaging/test_concurrent_tabs.py",
            "tests/messaging/test_attachments.py",
            "tests/messaging/test_conversation_of_an_order_link.py",
            "tests/messaging/test_write_door.py",
        ),
    ),
    "fanout": Part(
        ("messaging/consumers/rooms.py", "messaging/consumers/fanout.py"),
        (
            "tests/messaging/test_room_edges.py",
            "tests/messaging/test_rooms.py",
            "tests/messaging/test_fanout.py",
            "tests/messaging/test_socket.py",
            "tests/messaging/test_session_recheck.py",
            "tests/messaging/test_feeds.py",
            "tests/messaging/test_send_queue.py",
            "tests/messaging/test_socket_limits.py",
            "tests/messaging/test_concurrent_tabs.py",
            "tests/messaging/test_audiences.py",
        ),
    ),
}
