"""One request of the fuzz, and what came back."""

from dataclasses import dataclass, field


@dataclass
class Knock:
    """One request. `body` is bytes or form fields."""

    role: str
    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""


@dataclass
class Answer:
    """What came back. `page` is the text of an HTML page that was shown, `reason` says why nothing came; else empty."""

    status: int
    page: str = ""
    reason: str = ""
