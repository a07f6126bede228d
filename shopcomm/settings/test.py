"""The product as shipped, except for what would only slow the suite down."""

from shopcomm.settings.base import *
from shopcomm.settings.base import STORAGES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
ALLOWED_HOSTS = ["*"]
SECRET_KEY = "only-for-the-test-suite-" + "0" * 40
# The web server of a test shares its process, whose own connection is no pool's.
DB_POOLED = False
LANGUAGE_CODE = "zh-hans"
# The servers that tests start.
OUTBOUND_LOOPBACK = True
