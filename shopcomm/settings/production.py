"""Behind TLS on a real domain: the same product, with the cookies and headers that need HTTPS."""

from django.core.exceptions import ImproperlyConfigured

from shopcomm.settings.base import *
from shopcomm.settings.base import LOGGING, OUTBOUND_LOOPBACK, env

SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31536000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=True)
SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", default=True)
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
# Browsers take these names only from this very host over HTTPS: no other site of the domain can plant one.
SESSION_COOKIE_NAME = "__Host-sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken"
LOG_FORMAT = env("LOG_FORMAT", default="json")
LOGGING["formatters"]["line"]["form"] = LOG_FORMAT
# Never on a real site, whatever the environment says.
SHOW_LOGIN_CODES = False
if OUTBOUND_LOOPBACK:
    raise ImproperlyConfigured(
        "OUTBOUND_LOOPBACK is for development; name what may be called in CHANNEL_ALLOWED_HOSTS"
    )
