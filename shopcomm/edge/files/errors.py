"""What is refused of files."""

from shopcomm.core.refusals import Refusal


class ExportRefused(Refusal):
    """A list that cannot be written to a file now, or not for whoever asks."""

    code, status = "export_refused", 422
