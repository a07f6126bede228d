"""The changes in each version of a rule, in the words of its form."""

from typing import Any, NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _

from messaging.models import Channel, NotificationRule, RuleVersion
from shopcomm.core.accounts.models import Staff
from shopcomm.core.accounts.models.customers import Source


class Change(NamedTuple):
    """One field with what it was and what it became."""

    label: str
    before: str
    after: str


def rule_changes(version: RuleVersion, before: RuleVersion | None) -> list[Change]:
    """The fields that a version changed; none for the first one."""
    if before is None:
        return []
    old, new = before.snapshot, version.snapshot
    changes = [
        Change(_label(name), _text(name, old.get(name)), _text(name, value))
        for name, value in new.items()
        if name != "templates" and old.get(name) != value
    ]
    return changes + _words(old.get("templates", []), new.get("templates", []))


def _words(before: list[dict[str, str]], after: list[dict[str, str]]) -> list[Change]:
    """The templates that differ, each by its language and channel."""
    old = {(each["language"], each["channel"]): each["body"] for each in before}
    new = {(each["language"], each["channel"]): each["body"] for each in after}
    return [
        Change(_words_label(*key), old.get(key, ""), new.get(key, ""))
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key)
    ]


def _words_label(language: str, channel: str) -> str:
    parts = [_("模板"), str(dict(settings.LANGUAGES).get(language, language))]
    return " · ".join([*parts, str(Channel(channel).label)] if channel else parts)


def _label(name: str) -> str:
    return str(NotificationRule._meta.get_field(name).verbose_name)  # type: ignore[union-attr]


def _text(name: str, value: Any) -> str:
    """A value as the form shows it."""
    if value in (None, "", []):
        return ""
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, list):
        words: dict[str, Any] = {"channels": dict(Channel.choices), "sources": dict(Source.choices)}
        return _("、").join(str(words.get(name, {}).get(each, each)) for each in value)
    if name == "person":
        return str(Staff.objects.filter(pk=value).first() or value)
    choices = NotificationRule._meta.get_field(name).choices  # type: ignore[union-attr]
    return str(dict(choices or []).get(value, value))  # type: ignore[arg-type]
