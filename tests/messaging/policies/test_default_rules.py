"""The table of rules that ship with the product holds nothing that a rule cannot hold. Without a database."""

from collections import Counter

import pytest
from django.utils.translation import gettext, override

from messaging.models import Audience, Channel, NotificationRule
from messaging.models.rules import Outside
from messaging.policies.notifications.default_rules import default_rules
from messaging.policies.notifications.triggers import TIMERS, Trigger

RULES = default_rules()
FIELDS = {field.name for field in NotificationRule._meta.get_fields()}


def test_every_default_rule_has_a_unique_key():
    assert [key for key, count in Counter(rule.key for rule in RULES).items() if count > 1] == []
    assert len(RULES) == 57


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
def test_every_default_rule_fits_the_columns_of_the_model(rule):
    fields = rule.fields
    assert set(fields) <= FIELDS
    assert rule.trigger in Trigger.__members__.values()
    assert fields.get("audience", "customer") in Audience.values
    assert fields.get("outside", "wait") in Outside.values
    assert set(fields["channels"]) <= set(Channel.values)
    # A timer has its steps, and only a timer.
    assert (rule.trigger in TIMERS) == bool(fields.get("steps"))
    # A role is named for all of a role, and only then.
    assert (fields.get("audience") == "role") == ("role" in fields)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
def test_every_default_rule_has_an_english_name_and_texts_in_both_languages(rule):
    with override("en"):
        assert gettext(rule.name) != rule.name
    assert rule.zh
    assert rule.en.isascii() or "“" in rule.en
