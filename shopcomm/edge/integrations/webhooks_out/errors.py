"""What is refused of an endpoint."""

from django.utils.translation import gettext_lazy as _

from shopcomm.core.refusals import Refusal


class EndpointRefused(Refusal):
    """An endpoint cannot be as somebody wants it. `field` says which of its settings is meant."""

    code, status = "endpoint_refused", 422

    def __init__(self, detail: str, *, field: str) -> None:
        super().__init__(detail, errors={field: [detail]})
        self.field = field


class UrlRefused(EndpointRefused):
    """An address that this server must not call."""

    code = "address_refused"

    def __init__(self, why: str) -> None:
        super().__init__(str(_("这个地址不能用：%(why)s")) % {"why": why}, field="url")


class EndpointDisabled(Refusal):
    """Nothing is sent to an endpoint that was disabled, until somebody enables it again."""

    code, status = "endpoint_disabled", 409
    detail = _("这个地址已停用：请先重新启用")
