from django.urls import path

from shopcomm.edge.files.views import exports, imports

app_name = "files"

urlpatterns = [
    path("exports/", exports.exports_page, name="exports"),
    path("exports/new/<slug:what>/", exports.export_form, name="export"),
    path("exports/<int:pk>/", exports.export_page, name="export-run"),
    path("exports/<int:pk>/file/", exports.download_export, name="export-file"),
    path("imports/", imports.imports_page, name="imports"),
    path("imports/new/<slug:what>/", imports.upload_form, name="import"),
    path("imports/<int:pk>/", imports.import_page, name="import-run"),
    path("imports/<int:pk>/columns/", imports.choose_columns, name="import-columns"),
    path("imports/<int:pk>/take/", imports.take_step, name="import-take"),
    path("imports/<int:pk>/undo/", imports.undo_step, name="import-undo"),
    path("imports/<int:pk>/drop/", imports.drop_step, name="import-drop"),
    path("imports/<int:pk>/refused/", imports.refused_rows, name="import-refused"),
]
