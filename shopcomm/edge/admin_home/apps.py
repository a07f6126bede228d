from django.apps import AppConfig
from django.contrib import admin
from django.contrib.admin import sites
from unfold.apps import BasicAppConfig


class AdminHomeConfig(AppConfig):
    default = True
    name = "shopcomm.edge.admin_home"
    label = "admin_home"


class ThemeConfig(BasicAppConfig):
    """The admin's theme on a site of ours. Stands before `django.contrib.admin`, which collects every app's pages."""

    def ready(self) -> None:
        """Put the site in Django's place."""
        from shopcomm.edge.admin_home.site import ShopAdminSite

        admin.site = sites.site = ShopAdminSite()
