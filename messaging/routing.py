from django.urls import path

from messaging.consumers.socket import ShopSocket

websocket_urlpatterns = [path("ws/", ShopSocket.as_asgi())]
