"""What uvicorn serves: pages and API over HTTP, everything live over one websocket address."""

import gc
import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shopcomm.settings.base")
http = get_asgi_application()

# Models can be imported only once Django is set up.
from messaging.routing import websocket_urlpatterns
from shopcomm.core.accounts.sockets import ActorSocketMiddleware
from shopcomm.core.http.origins import OurOriginOnly

application = ProtocolTypeRouter(
    {"http": http, "websocket": OurOriginOnly(ActorSocketMiddleware(URLRouter(websocket_urlpatterns)))}
)

# What is loaded now stays: looking through it for cycles again and again would hold up every message meanwhile.
gc.collect()
gc.freeze()
