"""The addresses of a customer who proved their phone: all their orders, the catalogue, the conversations."""

from django.urls import path

from shopcomm.edge.portal.language import choose_own
from shopcomm.edge.portal.my import basket, catalogue, chat, login, me, orders

app_name = "my"

urlpatterns = [
    path("", orders.orders, name="orders"),
    path("login/", login.login, name="login"),
    path("logout/", login.logout, name="logout"),
    path("orders/<str:number>/", orders.order, name="order"),
    path("orders/<str:number>/again/", orders.again, name="again"),
    path("catalogue/", catalogue.catalogue, name="catalogue"),
    path("catalogue/<int:product_id>/", catalogue.product, name="product"),
    path("catalogue/<int:product_id>/ask/", catalogue.ask, name="ask"),
    path("catalogue/<int:product_id>/watch/", catalogue.watch, name="watch"),
    path("catalogue/<int:product_id>/add/", basket.add, name="add"),
    path("quote/", basket.basket, name="basket"),
    path("chat/", chat.talks, name="talks"),
    path("chat/new/", chat.begin, name="begin"),
    path("chat/<int:conversation_id>/", chat.chat, name="chat"),
    path("me/", me.me, name="me"),
    path("me/account/", me.account, name="account"),
    path("me/language/", choose_own, name="language"),
    path("me/notices/", me.notices, name="notices"),
]
