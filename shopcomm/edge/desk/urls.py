"""Addresses under messaging's names; `shopcomm/urls.py` puts both together."""

from django.urls import path

from shopcomm.edge.desk import quotes, shortages
from shopcomm.edge.desk.cases import new_case
from shopcomm.edge.desk.message_changes import change_from_message, take_offered_address
from shopcomm.edge.desk.nudges import nudge_page

urlpatterns = [
    path(
        "conversations/<int:conversation_id>/messages/<int:seq>/change/",
        change_from_message,
        name="change-from-message",
    ),
    path(
        "conversations/<int:conversation_id>/messages/<int:seq>/offer/",
        take_offered_address,
        name="take-offer",
    ),
    path("conversations/<int:conversation_id>/quotes/", quotes.quote_list, name="quotes"),
    path("conversations/<int:conversation_id>/quotes/new/", quotes.new_quote, name="quote-new"),
    path("quotes/<int:quote_id>/", quotes.quote_form_page, name="quote"),
    path("quotes/<int:quote_id>/<slug:action>/", quotes.quote_action, name="quote-act"),
    path("shortages/<int:task_id>/offer/", shortages.send_offer, name="shortage-offer"),
    path("shortages/<int:task_id>/choose/", shortages.choose_for_customer, name="shortage-choose"),
    path("orders/<str:number>/nudge/<slug:what>/", nudge_page, name="nudge"),
    path("orders/<str:number>/after-sales/", new_case, name="new-case"),
]
