from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "shopcomm.core.search"
    label = "search"
