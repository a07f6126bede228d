"""A login code on its way to a phone: through the shop's SMS gateway, or shown, in the demo alone."""

import logging

from django.conf import settings
from django.utils.translation import gettext as _

from messaging.services.channels import sms
from messaging.services.channels.outgoing import ChannelFailed, Outgoing
from shopcomm.core.accounts.services.one_time_codes import CodeRefused, IssuedCode
from shopcomm.core.configuration.models import shop_settings

log = logging.getLogger(__name__)


def send_code(issued: IssuedCode) -> bool:
    """Send a code. Returns whether it may be shown instead: in a demo without a gateway. Raises CodeRefused."""
    if not sms.is_set():
        if not settings.SHOW_LOGIN_CODES:
            raise CodeRefused(_("暂时不能用验证码登录，请打开客服发给您的订单链接"), status=503)
        log.warning("login code for %s: %s", issued.phone, issued.code)
        return True
    text = _("【%(shop)s】验证码 %(code)s，5 分钟内有效，请勿告诉任何人。")
    body = text % {"shop": shop_settings().shop_name, "code": issued.code}
    try:
        said = Outgoing(reference=f"code:{issued.pk}", title="", body=body, url="")
        sms.send(said, issued.phone, sms.credentials())
    except ChannelFailed as error:
        log.warning("a login code could not be sent: %s", error)
        raise CodeRefused(_("验证码没有发出去，请稍后再试"), status=502) from error
    return False
