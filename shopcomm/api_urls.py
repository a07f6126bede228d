"""The URLs below /api/v1/."""

from django.urls import path

from messaging.api.conversations import (
    AttachmentsView,
    AttachmentView,
    ConversationsView,
    MessagesView,
    SearchView,
)
from messaging.api.rules import RulesView, RuleView
from orders.api.customers import CustomersView, CustomerView
from orders.api.debts import RepaymentsView, StatementsView
from orders.api.orders import ChangesView, OrdersView, OrderView, TransitionsView
from orders.api.products import ManyStocksView, ProductsView, StockView
from orders.api.returns import DecisionsView, ReturnsView, ReturnView
from orders.api.shipments import ShipmentsView, ShipmentView
from shopcomm.core.events.api import EventsView
from shopcomm.edge.desk.quotes_api import (
    AcceptQuoteView,
    DeclineQuoteView,
    QuotesView,
    QuoteView,
    SendQuoteView,
    WithdrawQuoteView,
)
from shopcomm.edge.integrations.commands.api import ChangeAnswerView
from shopcomm.edge.integrations.couriers.receiver import InboundTrackingView
from shopcomm.edge.integrations.webhooks_in.receiver import InboundOrdersView
from shopcomm.edge.integrations.webhooks_out.api import (
    DeliveriesView,
    EndpointsView,
    EndpointView,
    ReplayView,
    RetryView,
    RotateView,
    TestView,
)

urlpatterns = [
    path("inbound/orders/", InboundOrdersView.as_view()),
    path("inbound/tracking/<slug:carrier>/", InboundTrackingView.as_view()),
    path("orders/", OrdersView.as_view()),
    path("orders/<str:number>/", OrderView.as_view()),
    path("orders/<str:number>/transitions/", TransitionsView.as_view()),
    path("orders/<str:number>/changes/", ChangesView.as_view()),
    path("orders/<str:number>/changes/<int:pk>/answer/", ChangeAnswerView.as_view()),
    path("shipments/", ShipmentsView.as_view()),
    path("shipments/<int:pk>/", ShipmentView.as_view()),
    path("returns/", ReturnsView.as_view()),
    path("returns/<int:pk>/", ReturnView.as_view()),
    path("returns/<int:pk>/decisions/", DecisionsView.as_view()),
    path("customers/", CustomersView.as_view()),
    path("customers/<int:pk>/", CustomerView.as_view()),
    path("quotes/", QuotesView.as_view()),
    path("quotes/<str:number>/", QuoteView.as_view()),
    path("quotes/<str:number>/send/", SendQuoteView.as_view()),
    path("quotes/<str:number>/accept/", AcceptQuoteView.as_view()),
    path("quotes/<str:number>/decline/", DeclineQuoteView.as_view()),
    path("quotes/<str:number>/withdraw/", WithdrawQuoteView.as_view()),
    path("rules/", RulesView.as_view()),
    path("rules/<int:pk>/", RuleView.as_view()),
    path("statements/", StatementsView.as_view()),
    path("repayments/", RepaymentsView.as_view()),
    path("events/", EventsView.as_view()),
    path("webhook-endpoints/", EndpointsView.as_view()),
    path("webhook-endpoints/<int:pk>/", EndpointView.as_view()),
    path("webhook-endpoints/<int:pk>/rotate/", RotateView.as_view()),
    path("webhook-endpoints/<int:pk>/test/", TestView.as_view()),
    path("webhook-endpoints/<int:pk>/replay/", ReplayView.as_view()),
    path("webhook-endpoints/<int:pk>/deliveries/", DeliveriesView.as_view()),
    path("deliveries/<int:pk>/retry/", RetryView.as_view()),
    path("products/", ProductsView.as_view()),
    path("products/stock/", ManyStocksView.as_view()),
    path("products/<str:sku>/stock/", StockView.as_view()),
    path("conversations/", ConversationsView.as_view()),
    path("conversations/<int:pk>/messages/", MessagesView.as_view()),
    path("attachments/", AttachmentsView.as_view()),
    path("attachments/<uuid:pk>/", AttachmentView.as_view()),
    path("search/messages/", SearchView.as_view()),
]
