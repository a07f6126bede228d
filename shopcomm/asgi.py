"""The ASGI application: pages and API over HTTP, live updates over one websocket URL."""

import gc
import os

import django
from channels.routing import ProtocolTypeRouter, URLRouter

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shopcomm.settings.base")
django.setup(set_prefix=False)

# Models can be imported only once Django is set up.
from messaging.routing import websocket_urlpatterns
from orders.reading.regions import load_divisions
from shopcomm.core.accounts.sockets import ActorSocketMiddleware
from shopcomm.core.database.pool import connection_shares, pool_connections
from shopcomm.core.http.handler import ShopHandler
from shopcomm.core.http.origins import OurOriginOnly

pool_connections()
# Whoever sends the first address shall not hold up everybody else while the divisions are read in.
load_divisions()

application = ProtocolTypeRouter(
    {
        "http": ShopHandler(connection_shares()),
        "websocket": OurOriginOnly(ActorSocketMiddleware(URLRouter(websocket_urlpatterns))),
    }
)

# What is loaded now stays: looking through it for cycles again and again would hold up every message meanwhile.
gc.collect()
gc.freeze()
# What is new is looked through less often, too: most of it is gone before, and each look costs all messages of its moment.
gc.set_threshold(20_000, 20, 20)
