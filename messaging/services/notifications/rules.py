"""Notification rules as they are stored: those that ship with the product, and every version that a manager saved."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.forms.models import model_to_dict
from django.utils import timezone

from messaging.models import NotificationRule, NotificationTemplate, RuleVersion
from messaging.policies.notifications.default_rules import DefaultRule, default_rules
from messaging.policies.notifications.templates import check_template
from messaging.services.notifications.waiting import reschedule_notices
from shopcomm.core.accounts.actors import Actor

NOT_KEPT = frozenset({"id", "key", "version", "updated_at"})


@transaction.atomic
def ensure_default_rules() -> int:
    """Make the rules that are not there yet, switched on. Returns how many.

    They are made once, by `key`; what a manager changes afterwards stays changed.
    """
    known = set(NotificationRule.objects.exclude(key="").values_list("key", flat=True))
    missing = [default for default in default_rules() if default.key not in known]
    rules = NotificationRule.objects.bulk_create([_rule(default) for default in missing])
    templates: list[NotificationTemplate] = []
    versions: list[RuleVersion] = []
    for rule, default in zip(rules, missing, strict=True):
        words = {("zh-hans", ""): default.zh, ("en", ""): default.en}
        templates += _templates(rule, words)
        versions.append(
            RuleVersion(
                rule=rule,
                number=1,
                snapshot=snapshot_of(rule, words),
                changed_at=rule.updated_at,
                changed_by="",
            )
        )
    NotificationTemplate.objects.bulk_create(templates)
    RuleVersion.objects.bulk_create(versions)
    return len(rules)


def _rule(default: DefaultRule) -> NotificationRule:
    # Lists are copied: a rule that is changed must not change the table.
    fields = {
        name: list(value) if isinstance(value, list) else value for name, value in default.fields.items()
    }
    return NotificationRule(
        **{"trigger": default.trigger, **fields}, key=default.key, name=default.name, enabled=True, version=1
    )


def _templates(rule: NotificationRule, words: dict[tuple[str, str], str]) -> Iterator[NotificationTemplate]:
    for (language, channel), body in words.items():
        yield NotificationTemplate(rule=rule, language=language, channel=channel, body=body)


def snapshot_of(rule: NotificationRule, templates: dict[tuple[str, str], str]) -> dict[str, Any]:
    """Everything that makes a rule what it is; templates by language and channel."""
    fields = {name: value for name, value in model_to_dict(rule).items() if name not in NOT_KEPT}
    # Amounts as the database will give them back, else a version seems to change what it left alone.
    fields = {name: f"{value:.2f}" if isinstance(value, Decimal) else value for name, value in fields.items()}
    words = [
        {"language": language, "channel": channel, "body": body}
        for (language, channel), body in sorted(templates.items())
        if body
    ]
    return fields | {"templates": words}


@transaction.atomic
def save_rule(
    *, actor: Actor, rule: NotificationRule, templates: dict[tuple[str, str], str]
) -> NotificationRule:
    """Store a rule with its templates as a new version. Raises TemplateBroken for words that cannot be filled in."""
    for body in templates.values():
        if body:
            check_template(body, rule.trigger)
    if rule.pk:
        # Two managers who save at once make two versions, one after the other.
        rule.version = NotificationRule.objects.select_for_update().get(pk=rule.pk).version
    rule.version += 1
    rule.save()
    rule.templates.all().delete()
    NotificationTemplate.objects.bulk_create(
        NotificationTemplate(rule=rule, language=language, channel=channel, body=body)
        for (language, channel), body in templates.items()
        if body
    )
    RuleVersion.objects.create(
        rule=rule,
        number=rule.version,
        snapshot=snapshot_of(rule, templates),
        changed_by=actor.name,
        changed_at=timezone.now(),
    )
    reschedule_notices(Q(rule=rule))
    return rule


@transaction.atomic
def restore_version(*, actor: Actor, rule_id: int, number: int) -> NotificationRule:
    """Bring an earlier version back, as a new one. Raises RuleVersion.DoesNotExist."""
    version = RuleVersion.objects.select_related("rule").get(rule=rule_id, number=number)
    rule = version.rule
    rule_as_of(version, rule)
    return save_rule(actor=actor, rule=rule, templates=templates_at(version))


def rule_as_of(version: RuleVersion, rule: NotificationRule | None = None) -> NotificationRule:
    """A rule as a version has it; into the given instance, or a new one that is not to be saved."""
    rule = rule or NotificationRule(pk=version.rule_id, version=version.number)
    for name, value in version.snapshot.items():
        if name == "templates":
            continue
        field = NotificationRule._meta.get_field(name)
        setattr(rule, field.attname, field.to_python(value) if not field.is_relation else value)  # type: ignore[union-attr]
    return rule


def templates_at(version: RuleVersion) -> dict[tuple[str, str], str]:
    """The templates of a version, by language and channel."""
    return {(each["language"], each["channel"]): each["body"] for each in version.snapshot["templates"]}
