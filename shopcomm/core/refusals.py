"""A refusal: somebody asked for what cannot be done as things are; nothing was changed, and they are told why."""

from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# The code for a key that ends with a day and has ended: 401, and not the same as one that is not known.
KEY_EXPIRED = "key_expired"


class Refusal(Exception):
    """What services raise, of whichever domain. Pages, API and sockets know this class only.

    `code` is for programs and belongs to the public contract, `status` is the one of HTTP, `detail` a sentence for
    a person, `extra` the machine-readable members of the answer.
    """

    code: ClassVar[str] = "refused"
    status: int = 422
    detail: str | Promise = _("无法完成")

    def __init__(self, detail: str | Promise | None = None, **extra: Any) -> None:
        super().__init__(str(detail or self.detail))
        self.detail = detail or self.detail
        self.extra = extra
