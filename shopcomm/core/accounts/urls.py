"""URLs of the log-in and of one's own settings."""

from django.urls import path

from shopcomm.core.accounts import views

urlpatterns = [
    path("", views.home_redirect, name="home"),
    path("login/", views.Login.as_view(), name="login"),
    path("logout/", views.Logout.as_view(), name="logout"),
    path("confirm/", views.confirm_password, name="confirm"),
    path("session/", views.session_now, name="session-now"),
    path("preferences/", views.preferences_page, name="preferences"),
    path("preferences/password/", views.own_password, name="own-password"),
    path("preferences/sessions/end/", views.end_sessions, name="end-sessions"),
    path("shortcuts/", views.shortcuts_page, name="shortcuts"),
    path("rights/", views.rights_page, name="rights"),
]
