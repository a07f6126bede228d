"""Filters of admin lists that one column cannot express."""

from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise

Words = str | Promise


def choice_filter(
    title: Words, parameter: str, choices: dict[str, tuple[Words, Q]]
) -> type[SimpleListFilter]:
    """A filter that offers some conditions by name. An unknown one, as from an old address, shows everything."""

    class ChoiceFilter(SimpleListFilter):
        def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
            return [(key, str(words)) for key, (words, _condition) in choices.items()]

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            chosen = choices.get(self.value() or "")
            return queryset.filter(chosen[1]) if chosen else queryset

    ChoiceFilter.title = title  # type: ignore[assignment]
    ChoiceFilter.parameter_name = parameter
    return ChoiceFilter
