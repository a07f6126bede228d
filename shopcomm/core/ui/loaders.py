"""How templates are loaded: without the indentation of whoever wrote them, once for each language."""

import re
from typing import Any

from django.template import Origin
from django.template.base import Template
from django.template.loaders import base, cached, filesystem
from django.utils.translation import get_language

from shopcomm.core.ui.fixed_parts import write_out

# A browser takes any run of them for one space; no text of ours that keeps its lines begins or ends with one.
INDENTATION = re.compile(r"[ \t]*\n\s*")
# A line of nothing but tags that say nothing themselves; what was before it ends its own line.
SILENT = re.compile(
    r"^((?:{% (?:if|elif|else|endif|for|empty|endfor|with|endwith|load|extends) ?[^%]*%}|{#[^\n]*#})+)\n",
    re.MULTILINE,
)
# Where the opening of an element ends on a line of its own.
ENDS = re.compile(r"\n(?=/?>)")


class Loader(filesystem.Loader):
    """Reads pages as they are sent: each line where it begins. Texts for other ways out stay as they are written."""

    def get_contents(self, origin: Origin) -> str:
        """The source of a template."""
        source = str(super().get_contents(origin))
        return without_indentation(source) if str(origin.name).endswith(".html") else source


def without_indentation(source: str) -> str:
    """The same page without blank lines, what stands before and after each line, and lines that come out blank."""
    return ENDS.sub("", SILENT.sub(r"\1", INDENTATION.sub("\n", source)))


class _WrittenOut(base.Loader):
    """Gives templates in which everything that is the same on every page is plain text."""

    def get_template(self, template_name: str, skip: Any = None) -> Template:
        template: Template = super().get_template(template_name, skip)
        write_out(template)
        return template


class LanguageLoader(cached.Loader, _WrittenOut):
    """Keeps each template in each language that it was asked for in: its fixed texts are translated once."""

    def cache_key(self, template_name: str, skip: Any = None) -> str:
        """Where a template is kept."""
        return f"{get_language()} {super().cache_key(template_name, skip)}"
