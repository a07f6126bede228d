from django.urls import path

from shopcomm.edge.integrations.queue_table import views
from shopcomm.edge.integrations.queue_table.selectors import BOXES

app_name = "queue_table"
urlpatterns = [
    path("add/", views.add_queue, name="add"),
    path("<int:connection_id>/role/", views.renew_role, name="role"),
    path("<int:connection_id>/events/", views.change_event_types, name="events"),
    path("<int:connection_id>/refill/", views.tell_again, name="refill"),
]
for box in BOXES:
    row, named = f"<int:connection_id>/{box}/<int:row_id>/", {"box": box}
    urlpatterns += [
        path(row, views.parked_page, named, name="parked"),
        path(f"{row}retry/", views.try_parked_again, named, name="retry"),
    ]
