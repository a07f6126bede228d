"""A login code on its way to a phone: through the shop's SMS gateway, or shown, in the demo alone."""

import logging
from threading import BoundedSemaphore

from django.conf import settings
from django.utils.translation import gettext as _

from messaging.services.channels import sms
from messaging.services.channels.outgoing import ChannelFailed, Outgoing
from shopcomm.core.accounts.services.one_time_codes import CodeRefused, IssuedCode
from shopcomm.core.configuration.models import shop_settings

log = logging.getLogger(__name__)
# So many texts of a web process are handed over at once, each while somebody's page waits: a gateway that hangs never
# holds up all of its pages.
AT_ONCE, PLACE_SECONDS = 4, 1.0
_places = BoundedSemaphore(AT_ONCE)


def send_login_code(issued: IssuedCode) -> bool:
    """Send a code. Returns whether it may be shown instead: in a demo without a gateway. Raises CodeRefused."""
    if not sms.is_set():
        if not settings.SHOW_LOGIN_CODES:
            raise CodeRefused(_("暂时不能用验证码登录，请打开客服发给您的订单链接"), status=503)
        log.warning("login code for %s: %s", issued.phone, issued.code)
        return True
    text = _("【%(shop)s】验证码 %(code)s，5 分钟内有效，请勿告诉任何人。")
    body = text % {"shop": shop_settings().shop_name, "code": issued.code}
    said = Outgoing(reference=f"code:{issued.pk}", title="", body=body, url="")
    if not _places.acquire(timeout=PLACE_SECONDS):
        log.warning("a login code was not sent: the gateway is slow, %d others wait for it", AT_ONCE)
        raise CodeRefused(_("验证码没有发出去，请稍后再试"), status=503)
    try:
        sms.send(said, issued.phone, sms.credentials())
    except ChannelFailed as error:
        log.warning("a login code could not be sent: %s", error)
        raise CodeRefused(_("验证码没有发出去，请稍后再试"), status=502) from error
    finally:
        _places.release()
    return False
