"""Every address of the site, by room."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

import messaging.urls
import shopcomm.edge.desk.urls
from orders.views.product_pictures import product_picture
from shopcomm.core.accounts.views import choose_language
from shopcomm.core.configuration.logos import logo_file
from shopcomm.core.http.health import alive_answer, ready_answer
from shopcomm.edge.integrations.commands.views import schema_file
from shopcomm.edge.integrations.weixin_shop.receiver import weixin_push
from shopcomm.edge.integrations.youzan.receiver import youzan_push
from shopcomm.edge.monitoring.metrics import metrics_page

handler400 = "shopcomm.core.http.errors.bad_request"
handler403 = "shopcomm.core.http.errors.permission_denied"
handler404 = "shopcomm.core.http.errors.not_found"
handler500 = "shopcomm.core.http.errors.server_error"

# A page, and no call to be described: it has no template to describe itself with.
READER = SpectacularSwaggerSplitView.as_view(
    url_name="schema", template_name="api_docs.html", http_method_names=["get", "head"]
)

INTEGRATIONS = [
    path("webhooks/", include("shopcomm.edge.integrations.webhooks_out.urls")),
    path("commands/", include("shopcomm.edge.integrations.commands.urls")),
    path("polling/", include("shopcomm.edge.integrations.polling.urls")),
    path("sources/", include("shopcomm.edge.integrations.webhooks_in.urls")),
    path("keys/", include("shopcomm.edge.integrations.keys.urls")),
    path("weixin-shop/", include("shopcomm.edge.integrations.weixin_shop.urls")),
    path("youzan/", include("shopcomm.edge.integrations.youzan.urls")),
    path("jushuitan/", include("shopcomm.edge.integrations.jushuitan.urls")),
    path("queues/", include("shopcomm.edge.integrations.queue_table.urls")),
    path("couriers/", include("shopcomm.edge.integrations.couriers.urls")),
    path("", include("shopcomm.edge.integrations.urls")),
]

# Tried one after another: what programs call often stands first, and rooms without a beginning of their own last.
urlpatterns = [
    path("api/v1/", include("shopcomm.api_urls")),
    path("orders/", include("orders.urls")),
    path("warehouse/", include("orders.warehouse_urls")),
    path("inbound/weixin-shop/<int:connection_id>/", weixin_push, name="weixin-push"),
    path("inbound/youzan/<int:connection_id>/", youzan_push, name="youzan-push"),
    path("my/", include("shopcomm.edge.portal.my.urls")),
    path("integrations/", include(INTEGRATIONS)),
    path("files/", include("shopcomm.edge.files.urls")),
    path("rules/", include("shopcomm.core.configuration.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", READER, name="api-docs"),
    path("api/schemas/<str:name>.json", schema_file, name="command-schema"),
    path("admin/", admin.site.urls),
    path("i18n/setlang/", choose_language, name="set_language"),
    path("media/products/<str:name>", product_picture),
    path("media/shop/<str:name>", logo_file, name="logo"),
    path("healthz", alive_answer),
    path("readyz", ready_answer),
    path("metrics", metrics_page),
    path("", include("shopcomm.core.accounts.urls")),
    path("", include(([*messaging.urls.urlpatterns, *shopcomm.edge.desk.urls.urlpatterns], "messaging"))),
    path("", include("shopcomm.edge.portal.urls")),
    path("", include("shopcomm.edge.first_day.urls")),
]
