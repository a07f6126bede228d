"""Every setting of the product, read from the environment. Each variable is named where it is used; limits are in
`limits`, how the admin looks in `theme`."""

import secrets
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONCE, NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.utils.translation import gettext_lazy as _
from whitenoise.compress import Compressor

# Tasks belong to our application wherever there are settings. The supervisor has none and does without Celery.
import shopcomm.celery  # noqa: F401
from shopcomm.settings.limits import *
from shopcomm.settings.theme import *

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent.parent

# --- where things live -----------------------------------------------------------------------
# SHOPCOMM_DATA: folder of the embedded servers, uploads and generated secrets.
DATA_DIR = Path(env("SHOPCOMM_DATA", default=str(BASE_DIR / ".data"))).resolve()
# MEDIA_ROOT: uploads; served only through views that check who asks.
MEDIA_ROOT = Path(env("MEDIA_ROOT", default=str(DATA_DIR / "media")))
MEDIA_URL = "/media/"
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env("STATIC_ROOT", default=str(DATA_DIR / "static")))


def _kept_secret() -> str:
    """The secret key of this data folder, made at the first start and kept with mode 0600."""
    path = DATA_DIR / "secret_key"
    if not path.exists():
        DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text().strip() or secrets.token_urlsafe(50)


# SECRET_KEY: signs sessions and customer links; every web and worker process needs the same one.
SECRET_KEY = env("SECRET_KEY", default="") or _kept_secret()
DEBUG = env.bool("DEBUG", default=False)
# ALLOWED_HOSTS: comma-separated host names the site answers to.
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
# CSRF_TRUSTED_ORIGINS: comma-separated origins, needed behind a TLS proxy.
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# PUBLIC_URL: how customers reach the site; used in links outside a request.
PUBLIC_URL = env("PUBLIC_URL", default=f"http://127.0.0.1:{env.int('PORT', default=8000)}")

INSTALLED_APPS = [
    "shopcomm.edge.admin_home.apps.ThemeConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "shopcomm.core.ui.apps.OurStaticFilesConfig",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "shopcomm.core.accounts.apps.LoginGuardConfig",
    "csp",
    "shopcomm.core.accounts",
    "shopcomm.core.search",
    "shopcomm.core.events",
    "shopcomm.core.configuration",
    "shopcomm.core.http",
    "shopcomm.core.ui",
    "orders",
    "messaging",
    "shopcomm.edge.portal",
    "shopcomm.edge.demo",
    "shopcomm.edge.first_day",
    "shopcomm.edge.admin_home",
    "shopcomm.edge.integrations",
    "shopcomm.edge.integrations.webhooks_in",
    "shopcomm.edge.integrations.polling",
    "shopcomm.edge.integrations.webhooks_out",
    "shopcomm.edge.integrations.keys",
    "shopcomm.edge.integrations.weixin_shop",
    "shopcomm.edge.integrations.youzan",
    "shopcomm.edge.integrations.jushuitan",
    "shopcomm.edge.integrations.commands",
    "shopcomm.edge.files",
    "shopcomm.edge.integrations.queue_table",
    "shopcomm.edge.integrations.couriers",
]

MIDDLEWARE = [
    "shopcomm.core.http.caching.PrivateByDefaultMiddleware",
    "shopcomm.core.http.request_ids.RequestIdMiddleware",
    "shopcomm.edge.integrations.keys.middleware.KeyCallMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "shopcomm.core.http.compression.PageCompressionMiddleware",
    "shopcomm.core.http.policy.PolicyMiddleware",
    "shopcomm.core.http.health.ProbeMiddleware",
    "shopcomm.edge.monitoring.metrics.MetricsMiddleware",
    "shopcomm.core.configuration.middleware.SettingsMiddleware",
    "shopcomm.core.http.unreadable.ReadableCookiesMiddleware",
    "shopcomm.core.accounts.session_store.SessionMiddleware",
    "shopcomm.core.http.language.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "shopcomm.core.accounts.middleware.ActorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "shopcomm.edge.portal.middleware.LinkPageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "shopcomm.core.http.unreadable.UnreadableMiddleware",
    "shopcomm.core.http.methods.MethodPageMiddleware",
]

ROOT_URLCONF = "shopcomm.urls"
ASGI_APPLICATION = "shopcomm.asgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "shopcomm.core.ui.loaders.LanguageLoader",
                    ["shopcomm.core.ui.loaders.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ],
            "builtins": ["shopcomm.core.ui.templatetags.ui", "orders.templatetags.statuses"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "shopcomm.core.ui.context.page_context",
            ],
        },
    }
]

# --- data ------------------------------------------------------------------------------------
# DATABASE_URL: any PostgreSQL >= 15; unset, manage.py and `make run` use the embedded one.
DATABASES = {"default": env.db("DATABASE_URL", default="postgres:///shopcomm")}
DATABASES["default"]["ENGINE"] = "shopcomm.core.database"
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# A host that is off the net must not hold up a thread for minutes.
DATABASES["default"]["OPTIONS"] = {"connect_timeout": 5} | DATABASES["default"].get("OPTIONS", {})
# DB_POOL_SIZE: connections one web process may hold, all in all; docs/operations.md adds up what a shop needs.
DB_POOL_SIZE = env.int("DB_POOL_SIZE", default=20)
# DB_POOL_WAIT: seconds a request waits in turn for its connection; then it is answered 503 with Retry-After.
DB_POOL_WAIT = env.float("DB_POOL_WAIT", default=5.0)
# Whether web processes share a pool among their threads.
DB_POOLED = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# REDIS_URL: Redis >= 7 or Valkey; carries sockets, tasks, rate limits. Nothing durable.
REDIS_URL = env("REDIS_URL", default="redis://127.0.0.1:6379/0")
# REDIS_PREFIX: what every key and channel begins with, for several shops on one server.
REDIS_PREFIX = env("REDIS_PREFIX", default="shopcomm")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "shopcomm.core.layer.PipelinedChannelLayer",
        # redis-py 8 gives sockets a 5 s timeout by default, which kills an idle subscriber.
        "CONFIG": {
            "hosts": [{"address": REDIS_URL, "socket_timeout": None}],
            "prefix": REDIS_PREFIX,
        },
    }
}

# --- work in the background ------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
# Every task is a sweep over rows or a call to make one: one that is lost comes again by the clock, so none is
# kept for redelivery. (A late acknowledgement that meets a dead Redis also ends the worker.)
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_connect_timeout": 2,
    # An outage of the broker must not hold up a web request: the sweep relays later.
    "max_retries": 1,
    "global_keyprefix": f"{REDIS_PREFIX}:",
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BEAT_SCHEDULER = "shopcomm.core.scheduler:PatientScheduler"
CELERY_BEAT_SCHEDULE = {
    "relay-events": {"task": "events.relay", "schedule": 2.0},
    "expire-unpaid-orders": {"task": "orders.expire_unpaid", "schedule": 60.0},
    "release-notifications": {"task": "notifications.release", "schedule": 5.0},
    "deliver-notifications": {"task": "notifications.deliver", "schedule": 5.0},
    "deliver-webhooks": {"task": "webhooks.deliver", "schedule": 2.0},
    "notification-timers": {"task": "notifications.timers", "schedule": 30.0},
    "scheduled-messages": {"task": "messages.scheduled", "schedule": 10.0},
    "escalate-changes": {"task": "orders.escalate_changes", "schedule": 30.0},
    "expire-quotes": {"task": "orders.expire_quotes", "schedule": 60.0},
    "mind-parcels": {"task": "orders.mind_parcels", "schedule": 600.0},
    "mind-shortages": {"task": "orders.mind_shortages", "schedule": 60.0},
    "work-on-files": {"task": "files.work", "schedule": 5.0},
    "poll-sources": {"task": "integrations.poll_sources", "schedule": 5.0},
    "apply-inbound-orders": {"task": "integrations.apply_inbound", "schedule": 5.0},
    "sync-weixin-shops": {"task": "weixin_shop.sync", "schedule": 5.0},
    "pull-jushuitan": {"task": "jushuitan.pull", "schedule": 30.0},
    "take-in-queues": {"task": "queue_table.take_in", "schedule": 2.0},
    "tidy-queue-tables": {"task": "queue_table.tidy", "schedule": 10.0},
    "apply-tracking-pushes": {"task": "couriers.apply_pushes", "schedule": 5.0},
    "follow-parcels": {"task": "couriers.follow", "schedule": 30.0},
    "move-demo-parcels": {"task": "couriers.move_demo", "schedule": 20.0},
    "sort-in-new-texts": {"task": "search.sort_in", "schedule": 10.0},
    "draw-pictures": {"task": "attachments.draw", "schedule": 10.0},
    "purge-unsent-uploads": {"task": "attachments.purge_unsent", "schedule": 3600.0},
    "purge-orphan-files": {"task": "attachments.purge_orphans", "schedule": 24 * 3600.0},
    "write-key-calls": {"task": "keys.write_calls", "schedule": 2.0},
    "warn-of-keys": {"task": "keys.warn", "schedule": 3600.0},
    "purge-files-of-lists": {"task": "files.purge", "schedule": 24 * 3600.0},
    "purge-by-age": {"task": "shop.purge_by_age", "schedule": 24 * 3600.0},
    "complete-old-orders": {"task": "orders.auto_complete", "schedule": 3600.0},
}

# --- ways out ---------------------------------------------------------------------------------
# EMAIL_URL: the shop's SMTP server, such as smtp+tls://user:password@smtp.example.com:587; unset: no e-mail.
EMAIL_URL = env("EMAIL_URL", default="")
vars().update(env.email_url("EMAIL_URL", default="dummymail://"))
EMAIL_TIMEOUT = 10
# EMAIL_FROM: the sender of e-mails; it is also how push services reach the shop (RFC 8292, `sub`).
DEFAULT_FROM_EMAIL = env("EMAIL_FROM", default="shopcomm@localhost")
# PUSH_ALLOWED_HOSTS: host:port pairs that browser push may reach although private; anybody can write such an endpoint.
PUSH_ALLOWED_HOSTS = env.list("PUSH_ALLOWED_HOSTS", default=[])
# CHANNEL_ALLOWED_HOSTS: host:port pairs that SMS gateways and bots may be reached at although private or on another port.
CHANNEL_ALLOWED_HOSTS = env.list("CHANNEL_ALLOWED_HOSTS", default=[])
# WEBHOOK_ALLOWED_HOSTS: comma-separated host:port pairs of other order systems that outbound webhooks and polling may reach
# although private, without TLS or on another port.
WEBHOOK_ALLOWED_HOSTS = env.list("WEBHOOK_ALLOWED_HOSTS", default=[])
# WEIXIN_API_URL: where 微信小店 is asked; another address is for development, and that host may be a private one.
WEIXIN_API_URL = env("WEIXIN_API_URL", default="https://api.weixin.qq.com")
# WEIXIN_PULL_SECONDS: so often the list of changed orders is read, for what a lost push has left out.
WEIXIN_PULL_SECONDS = env.int("WEIXIN_PULL_SECONDS", default=300)
# JUSHUITAN_API_URL: where 聚水潭 is asked, as above.
JUSHUITAN_API_URL = env("JUSHUITAN_API_URL", default="https://openapi.jushuitan.com")
# JUSHUITAN_PULL_SECONDS: so often the orders that were changed there are read.
JUSHUITAN_PULL_SECONDS = env.int("JUSHUITAN_PULL_SECONDS", default=120)
# COURIER_ALLOWED_HOSTS: host:port pairs of tracking services that may be asked although private, without TLS or on another port.
COURIER_ALLOWED_HOSTS = env.list("COURIER_ALLOWED_HOSTS", default=[])
# TRACKING_DAYS: so long after it left a parcel is followed at most.
TRACKING_DAYS = env.int("TRACKING_DAYS", default=30)
# OUTBOUND_PORTS: ports of public addresses that may be called besides 443 and 80.
OUTBOUND_PORTS = [int(port) for port in env.list("OUTBOUND_PORTS", default=[])]
# OUTBOUND_LOOPBACK: let gateways and bots that managers write stand on this machine, at any port. For development,
# where `make run` sets it; a real site does not start with it.
OUTBOUND_LOOPBACK = env.bool("OUTBOUND_LOOPBACK", default=False)

# --- who may come in -------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.Staff"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login/"
AXES_FAILURE_LIMIT = env.int("LOGIN_FAILURE_LIMIT", default=10)
AXES_COOLOFF_TIME = 0.25  # hours
# By name and network together: nobody is locked out by what happens elsewhere.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "shopcomm.core.http.networks.axes_address"
AXES_HANDLER = "shopcomm.core.accounts.login_guard.NetworkHandler"
AXES_VERBOSE = False
# The counters above are swept when they run out; the record of refused log-ins stays.
AXES_ENABLE_ACCESS_FAILURE_LOG = True
AXES_LOCKOUT_TEMPLATE = "accounts/locked.html"
# LOGIN_CODE_COUNTRIES: calling codes of the countries that customers' login codes are sent to.
LOGIN_CODE_COUNTRIES = env.list("LOGIN_CODE_COUNTRIES", default=["86"])
# SHOW_LOGIN_CODES: without an SMS gateway, show a login code on the page and in the log. Only for the demo shop:
# whoever sees it is that customer. `make run` sets it.
SHOW_LOGIN_CODES = env.bool("SHOW_LOGIN_CODES", default=DEBUG)
# METRICS_TOKEN: what a probe shows as `Authorization: Bearer …` to read /metrics; unset, only managers who are logged in may.
METRICS_TOKEN = env("METRICS_TOKEN", default="")
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_ENGINE = "shopcomm.core.accounts.session_store"
CSRF_FAILURE_VIEW = "shopcomm.core.http.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "blob:", "data:"],
        "media-src": [SELF, "blob:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
# Pages that others wrote and what each cannot do without; everything else stays as strict as above.
CONTENT_SECURITY_POLICY_OF: dict[str, dict[str, list[str]]] = {
    # The admin's theme: Alpine evaluates its attributes, colours and widths are written into the page.
    "/admin/": {"script-src": [SELF, UNSAFE_INLINE, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
# A list of products has a field for each of their variants.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
# What people send is ours alone to read; what goes for style sheets is in `shopcomm.core.ui.static`.
FILE_UPLOAD_PERMISSIONS = 0o640

# --- language and time -----------------------------------------------------------------------
LANGUAGE_CODE = env("LANGUAGE_CODE", default="zh-hans")
LANGUAGES = [("zh-hans", _("简体中文")), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env("TIME_ZONE", default="Asia/Shanghai")
USE_I18N = True
USE_TZ = True

# --- REST ------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["shopcomm.core.accounts.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["shopcomm.core.accounts.permissions.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["shopcomm.core.http.parsers.JsonParser"],
    "DEFAULT_PAGINATION_CLASS": "shopcomm.core.http.pages.CursorPage",
    "DEFAULT_THROTTLE_CLASSES": ["shopcomm.core.http.throttles.ApiKeyThrottle"],
    "DEFAULT_SCHEMA_CLASS": "shopcomm.core.http.openapi.CallSchema",
    "EXCEPTION_HANDLER": "shopcomm.core.http.problems.problem_handler",
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "ShopComm",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "ENFORCE_NON_BLANK_FIELDS": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "shopcomm.core.http.openapi.describe_problems",
    ],
    # Several things have a field `state`, each with choices of its own.
    "ENUM_NAME_OVERRIDES": {
        "Language": "django.conf.settings.LANGUAGES",
        "CaseKind": "orders.models.after_sales.AfterSalesCase.Kind",
        "ParcelState": "orders.models.shipments.Shipment.State",
        "InboundRecordState": "shopcomm.edge.integrations.models.InboundRecord.State",
        "WebhookEndpointState": "shopcomm.edge.integrations.webhooks_out.models.WebhookEndpoint.State",
        "WebhookDeliveryState": "shopcomm.edge.integrations.webhooks_out.models.WebhookDelivery.State",
        "WebhookEndpointSwitch": ["active", "paused"],
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
}

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "shopcomm.core.ui.static.ManifestStaticStorage"},
}
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")

# --- logs ------------------------------------------------------------------------------------
# LOG_FORMAT: `lines` to read, or `json`, one object a line, for a collector; production writes json unless told otherwise.
LOG_FORMAT = env("LOG_FORMAT", default="lines")
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "database_away": {"()": "shopcomm.core.database.pool.DatabaseAwayFilter"},
    },
    "formatters": {"line": {"()": "shopcomm.core.logs.LogFormatter", "form": LOG_FORMAT}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    # LOG_LEVEL: DEBUG, INFO, WARNING …
    "root": {"handlers": ["stderr"], "level": env("LOG_LEVEL", default="INFO")},
    "loggers": {
        "axes": {"level": "WARNING"},
        "httpcore2": {"level": "WARNING"},
        "django.request": {"filters": ["database_away"]},
        "psycopg.pool": {"level": "ERROR"},
        # The server's own lines name addresses, too: written as all others. Its level stays what its option says.
        "uvicorn": {"handlers": ["stderr"], "propagate": False},
        # Not named here, its level would be forgotten with that of everything below "uvicorn".
        "uvicorn.error": {},
        "uvicorn.access": {"handlers": ["stderr"], "propagate": False},
    },
}
