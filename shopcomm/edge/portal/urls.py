"""The customer's addresses: one signed link opens one order."""

from django.urls import path

from shopcomm.edge.portal import after_sales, changes, evaluation, language, preferences, pwa, slip, views

app_name = "portal"

urlpatterns = [
    path("sw.js", pwa.service_worker, name="service-worker"),
    path("manifest.webmanifest", pwa.web_manifest, name="manifest"),
    path("favicon.ico", pwa.favicon_file, name="favicon"),
    path("offline/", pwa.offline_page, name="offline"),
    path("push/", pwa.push_subscription, name="push"),
    path("o/<str:token>/", views.link_order_page, name="order"),
    path("o/<str:token>/chat/", views.chat_page, name="chat"),
    path("o/<str:token>/change/", changes.change_page, name="change"),
    path(
        "o/<str:token>/change/<int:request_id>/<slug:answer>/", changes.answer_request, name="answer-change"
    ),
    path("o/<str:token>/after-sales/", after_sales.after_sales, name="after-sales"),
    path("o/<str:token>/after-sales/<int:case_id>/<slug:step>/", after_sales.act_on_case, name="move-case"),
    path("o/<str:token>/evaluation/", evaluation.evaluation_page, name="evaluation"),
    path("o/<str:token>/confirm/", changes.confirm_goods, name="confirm"),
    path("o/<str:token>/slip/", slip.send_slip, name="slip"),
    path("o/<str:token>/urge/", changes.send_urge, name="urge"),
    path("o/<str:token>/notices/", preferences.link_preferences_page, name="wishes"),
    path("o/<str:token>/language/", language.choose_link_language, name="language"),
    path("o/<str:token>/session/", views.prove_link, name="prove"),
    path("o/<str:token>/progress/", views.progress_part, name="progress"),
]
