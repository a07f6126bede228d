"""The addresses of a customer who proved their phone: all their orders, the catalogue, the conversations."""

from django.urls import path

from shopcomm.edge.portal.language import choose_own
from shopcomm.edge.portal.my import basket, catalogue, chat, login, me, orders

app_name = "my"

urlpatterns = [
    path("", orders.own_orders_page, name="orders"),
    path("login/", login.customer_login_page, name="login"),
    path("logout/", login.log_customer_out, name="logout"),
    path("orders/<str:number>/", orders.own_order_page, name="order"),
    path("orders/<str:number>/again/", orders.order_again, name="again"),
    path("catalogue/", catalogue.own_catalogue_page, name="catalogue"),
    path("catalogue/<int:product_id>/", catalogue.product_page, name="product"),
    path("catalogue/<int:product_id>/ask/", catalogue.ask_about_product, name="ask"),
    path("catalogue/<int:product_id>/watch/", catalogue.watch_variant, name="watch"),
    path("catalogue/<int:product_id>/add/", basket.add_to_basket, name="add"),
    path("quote/", basket.basket_page, name="basket"),
    path("chat/", chat.own_conversations_page, name="talks"),
    path("chat/new/", chat.begin_conversation, name="begin"),
    path("chat/<int:conversation_id>/", chat.own_chat_page, name="chat"),
    path("me/", me.own_details_page, name="me"),
    path("me/account/", me.own_account_page, name="account"),
    path("me/language/", choose_own, name="language"),
    path("me/notices/", me.own_preferences_page, name="notices"),
]
