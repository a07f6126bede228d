"""Templates without the indentation that is there for whoever writes them: a third of a page's bytes."""

import re

from django.template import Origin
from django.template.loaders import filesystem

# A browser takes any run of them for one space; no text of ours that keeps its lines begins or ends with one.
INDENTATION = re.compile(r"[ \t]*\n\s*")


class Loader(filesystem.Loader):
    """Reads pages as they are sent: each line where it begins. Texts for other ways out stay as they are written."""

    def get_contents(self, origin: Origin) -> str:
        """The source of a template."""
        source = str(super().get_contents(origin))
        return without_indentation(source) if str(origin.name).endswith(".html") else source


def without_indentation(source: str) -> str:
    """The same page without blank lines and what stands before and after each line."""
    return INDENTATION.sub("\n", source)
