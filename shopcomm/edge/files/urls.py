from django.urls import path

from shopcomm.edge.files.views import exports

app_name = "files"

urlpatterns = [
    path("exports/", exports.exports_page, name="exports"),
    path("exports/new/<slug:what>/", exports.export_form, name="export"),
    path("exports/<int:pk>/", exports.export_page, name="export-run"),
    path("exports/<int:pk>/file/", exports.download_export, name="export-file"),
]
