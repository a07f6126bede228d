"""Templates such as {{客户称呼}}您好: checked before they are saved, filled in when they are sent."""

import re
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from messaging.models import NotificationRule
from messaging.services.notifications.variables import Story, names_for

WORD = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
# SMS in Chinese are charged by 70 characters, longer ones by 67 a part (3GPP TS 23.040, UCS-2).
SMS_ONE, SMS_PART = 70, 67


class TemplateBroken(ValueError):
    """A template that cannot be filled in; says what is wrong with it."""


@dataclass(frozen=True)
class Words:
    """The templates of a rule in one language, by channel; "" is for every channel that has none."""

    bodies: dict[str, str]

    def for_channel(self, channel: str) -> str:
        """The template of a channel."""
        return self.bodies.get(channel) or self.bodies.get("", "")


def check_template(body: str, trigger: str) -> None:
    """Raise TemplateBroken for a word that does not exist for this trigger, or braces that do not close."""
    if not body.strip():
        raise TemplateBroken(_("模板不能为空"))
    known = names_for(trigger)
    for name in WORD.findall(body):
        if name not in known:
            raise TemplateBroken(_("没有“%(name)s”这个变量") % {"name": name})
    rest = WORD.sub("", body)
    if "{{" in rest or "}}" in rest:
        raise TemplateBroken(_("大括号没有成对：%(rest)s") % {"rest": rest.strip()[:40]})


def fill_template(body: str, trigger: str, story: Story) -> str:
    """A template with its words filled in. Unknown ones, which cannot be saved, stay empty."""
    known = names_for(trigger)

    def value(match: re.Match[str]) -> str:
        word = known.get(match[1])
        return word.value(story) if word else ""

    return WORD.sub(value, body).strip()


def empty_words(body: str, trigger: str, story: Story) -> list[str]:
    """The words of a template that stand for nothing in this story."""
    known = names_for(trigger)
    return [name for name in WORD.findall(body) if name in known and not known[name].value(story)]


def rule_words(rule: NotificationRule, language: str) -> Words:
    """A rule's templates in a language, or in the shop's if it has none in that one."""
    by_language: dict[str, dict[str, str]] = {}
    for template in rule.templates.all():
        by_language.setdefault(template.language, {})[template.channel] = template.body
    mine = by_language.get(language) or {}
    usual = by_language.get(settings.LANGUAGE_CODE) or next(iter(by_language.values()), {})
    return Words(mine if "" in mine else usual | mine)


def sms_parts(text: str) -> int:
    """How many messages an SMS of this text is charged as."""
    return 1 if len(text) <= SMS_ONE else -(-len(text) // SMS_PART)
