"""Text columns of a single line."""

from typing import Any

from django.db import models

from shopcomm.core.text import has_no_hidden_characters, one_line


class LineField(models.CharField):
    """The one door for names of people, firms, files and goods, whoever writes them: form, API, import, admin.

    What turns the direction of writing, shows nothing or breaks the line makes one name look like another, or a file
    like one of another kind; it never gets into the database, and what got there before does not come out of it. For
    the database it is a CharField.
    """

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = super().pre_save(model_instance, add)
        if isinstance(value, str):
            value = one_line(value)
            setattr(model_instance, self.attname, value)
        return value

    def from_db_value(self, value: str | None, _expression: Any, _connection: Any) -> str | None:
        """Rows that were written before this field kept the door are cleaned when they are read."""
        # Nearly all are clean, and lists read them by the thousand.
        return value if value is None or has_no_hidden_characters(value) else one_line(value)

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return one_line(value) if isinstance(value, str) else value
