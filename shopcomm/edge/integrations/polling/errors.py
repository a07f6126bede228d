"""What is refused of a source."""

from shopcomm.core.refusals import Refusal


class SourceRefused(Refusal):
    """A source cannot be as somebody wants it. `field` says which of its settings is meant, as its form calls it."""

    code, status = "source_refused", 422

    def __init__(self, detail: str, *, field: str) -> None:
        super().__init__(detail, errors={field: [detail]})
        self.field = field
