from typing import Any

from django.urls import path, re_path

from messaging.consumers.socket import ShopSocket


async def refuse_unknown_path(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Refuse a handshake at any other address, as a page that is not there is refused."""
    await receive()
    await send({"type": "websocket.close", "code": 4404})


websocket_urlpatterns = [path("ws/", ShopSocket.as_asgi()), re_path("", refuse_unknown_path)]  # type: ignore[arg-type]
