"""The language of notices to a member of staff."""

from shopcomm.core.accounts.models import Staff


def keep_staff_language(*, staff_id: int, language: str) -> None:
    """Keep what somebody of the shop chose; `language` is one of the interface's."""
    Staff.objects.filter(pk=staff_id).update(language=language)
