"""What is refused of files."""

from shopcomm.core.refusals import Refusal


class ImportStepRefused(Refusal):
    """A file that is not taken, or a step that cannot be made with it now."""

    code, status = "import_refused", 422


class ExportRefused(Refusal):
    """A list that cannot be written to a file now, or not for whoever asks."""

    code, status = "export_refused", 422
