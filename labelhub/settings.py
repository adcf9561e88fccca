"""Every setting comes from the environment and has a default that is safe on a laptop.

A misconfiguration becomes a system check with a hint (labelhub/checks.py), never a traceback from here.
"""

import re
from pathlib import Path
from typing import Any

import dj_database_url
from csp.constants import NONE, SELF

from labelhub.accounts.roles import NO_ROLE, ROLES
from labelhub.admin_look import UNFOLD as UNFOLD
from labelhub.environment import SETTING_NAMES as SETTING_NAMES
from labelhub.environment import SETTING_PROBLEMS, env, envbool, envint, envlist, envnetworks, envsecret, envzone
from labelhub.logs import logging_for
from labelhub.secret import kept_secret

BASE_DIR = Path(__file__).resolve().parent.parent

VERSION = "0.1.0"
REVISION = env("LABELHUB_REVISION")
# Where others are told of errors and traces (labelhub/extras). Empty: nowhere.
SENTRY_DSN = envsecret("LABELHUB_SENTRY_DSN")
OTLP_ENDPOINT = env("LABELHUB_OTLP_ENDPOINT")

DATA_DIR = Path(env("LABELHUB_DATA_DIR", str(BASE_DIR / "var"))).absolute()
CONFIG_FILE = env("LABELHUB_CONFIG")
DEMO = envbool("LABELHUB_DEMO", default=False)
DEBUG = envbool("LABELHUB_DEBUG", default=False)

DATABASE_URL = envsecret("LABELHUB_DATABASE_URL") or f"sqlite:///{DATA_DIR / 'labelhub.sqlite3'}"
try:
    DATABASES: dict[str, dict[str, Any]] = {"default": {**dj_database_url.parse(DATABASE_URL)}}
except ValueError:
    # No guess: a hub that silently fell back to SQLite would print from an empty queue.
    SETTING_PROBLEMS.append(("LABELHUB_DATABASE_URL", "it is not of the form postgresql://user:password@host/name"))
    DATABASES = {"default": {"ENGINE": "django.db.backends.dummy"}}
DATABASE_CONNECTIONS = envint("LABELHUB_DATABASE_CONNECTIONS", 16)
EMBEDDED_DATABASE = DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
if EMBEDDED_DATABASE:
    from labelhub.sqlite import InTurns

    DATABASES["default"] |= {
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "factory": InTurns,
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            # FULL: with WAL and NORMAL a power cut can lose the row that says "this label may have been sent".
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        },
    }
elif DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    # Only who has PostgreSQL pays for its driver.
    from labelhub.database import QuietlyChecked

    DATABASES["default"] |= {
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **DATABASES["default"].get("OPTIONS", {}),
            "pool": {
                # With one kept ready a pool begins with two, and uses both in turns.
                "min_size": 0,
                "max_size": DATABASE_CONNECTIONS,
                "timeout": 10,
                # It tries again after 1, 2, 4 s …, and whoever comes meanwhile waits for that. Given up and begun
                # anew, none waits for more than 4 s once a server that was away for minutes is back.
                "reconnect_timeout": 10,
                "connection_class": QuietlyChecked,
            },
            "connect_timeout": 5,
            "options": "-c plan_cache_mode=force_generic_plan",
        },
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
BROKER_URL = envsecret("LABELHUB_BROKER_URL") or "memory://localhost/"

INSECURE_SECRET_KEY = "insecure-development-key-that-never-leaves-this-machine"  # noqa: S105
SECRET_KEY = envsecret("LABELHUB_SECRET_KEY")
SECRET_KEY_KEPT = DATA_DIR / "secret_key"
if not SECRET_KEY:
    # On one machine the hub keeps a random one; processes on several have to be given the same.
    SECRET_KEY = (kept_secret(SECRET_KEY_KEPT) if EMBEDDED_DATABASE else "") or INSECURE_SECRET_KEY
TOKEN_PEPPER = envsecret("LABELHUB_TOKEN_PEPPER") or f"token-pepper:{SECRET_KEY}"

ALLOWED_HOSTS = envlist("LABELHUB_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
# The hub stands behind a proxy that ends TLS: secure cookies, HSTS, and http:// is sent to https://.
HTTPS = envbool("LABELHUB_HTTPS", default=False)
CSRF_TRUSTED_ORIGINS = [f"https://{'*' if host.startswith('.') else ''}{host}" for host in ALLOWED_HOSTS if host != "*"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^(healthz|livez|readiness|readyz|metrics)\b"]
X_FRAME_OPTIONS = "DENY"
# No inline script or style, nothing from elsewhere; a live preview travels as a data: image. The administration has
# one of its own (labelhub/content_policy.py).
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}

ADMIN_USERNAME = env("LABELHUB_ADMIN_USERNAME", "admin")
ADMIN_PASSWORD = envsecret("LABELHUB_ADMIN_PASSWORD")
ADMIN_EMAIL = env("LABELHUB_ADMIN_EMAIL")
# What people without a role of their own may do (labelhub/accounts/roles.py).
DEFAULT_ROLE = env("LABELHUB_DEFAULT_ROLE", "printer")
if DEFAULT_ROLE not in {*ROLES, NO_ROLE}:
    SETTING_PROBLEMS.append(("LABELHUB_DEFAULT_ROLE", f"“{DEFAULT_ROLE}” is none of {', '.join([*ROLES, NO_ROLE])}"))
    DEFAULT_ROLE = "viewer"

# The proxies in front whose X-Forwarded-For is believed, and with the secret also whom they have signed in.
TRUSTED_PROXIES = envnetworks("LABELHUB_TRUSTED_PROXIES")
PROXY_SECRET = envsecret("LABELHUB_PROXY_SECRET")
PROXY_SECRET_HEADER = env("LABELHUB_PROXY_SECRET_HEADER", "X-LabelHub-Proxy-Secret")
PROXY_USER_HEADER = env("LABELHUB_PROXY_USER_HEADER", "Remote-User")
PROXY_ROLES_HEADER = env("LABELHUB_PROXY_ROLES_HEADER")

# Sign-in by OpenID Connect (labelhub/accounts/oidc). Without an issuer its library is not even loaded.
OIDC_ISSUER = env("LABELHUB_OIDC_ISSUER")
OIDC_NAME = env("LABELHUB_OIDC_NAME", "OpenID Connect")
OIDC_CLIENT_ID = env("LABELHUB_OIDC_CLIENT_ID", "labelhub")
OIDC_CLIENT_SECRET = envsecret("LABELHUB_OIDC_CLIENT_SECRET")
OIDC_ALGORITHM = env("LABELHUB_OIDC_ALGORITHM", "RS256")
OIDC_SCOPES = env("LABELHUB_OIDC_SCOPES", "openid profile email")
OIDC_ROLES_CLAIM = env("LABELHUB_OIDC_ROLES_CLAIM")
if OIDC_ALGORITHM not in {"RS256", "RS384", "RS512", "ES256", "ES384", "ES512"}:
    SETTING_PROBLEMS.append(("LABELHUB_OIDC_ALGORITHM", f"“{OIDC_ALGORITHM}” is not one of RS256 … ES512"))
    OIDC_ALGORITHM = "RS256"

# Where printers may live. Empty: the private ranges (printers/networks.py). Loopback is allowed only in demo mode.
PRINTER_NETWORKS = envnetworks("LABELHUB_PRINTER_NETWORKS")
# Where events may be told (labelhub/webhooks). Empty: nowhere.
WEBHOOK_ORIGINS = []
for origin in envlist("LABELHUB_WEBHOOK_ORIGINS"):
    if re.fullmatch(r"https?://[\w.\-\[\]:]+", origin, re.ASCII):
        WEBHOOK_ORIGINS.append(origin)
    else:
        SETTING_PROBLEMS.append(("LABELHUB_WEBHOOK_ORIGINS", f"“{origin}” is not an origin, such as https://host:8443"))
PROBE_INTERVAL_S = envint("LABELHUB_PROBE_INTERVAL_S", 30)
JOB_RETENTION_DAYS = envint("LABELHUB_JOB_RETENTION_DAYS", 30)
# What one print may take, all its labels together; 0 is no limit.
TAPE_LIMIT_M = envint("LABELHUB_TAPE_LIMIT_M", 500, least=0)

INSTALLED_APPS = [
    "labelhub.accounts",
    "labelhub.webhooks",
    "labelhub.integrations",
    "labelhub.apps.LabelHubConfig",
    "health",
    "jobs",
    "templates_app",
    "printers",
    "unfold",
    # Without looking for admin modules at the start: labelhub/administration.py does when they are needed.
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "axes",
    "csp",
]

MIDDLEWARE = [
    "labelhub.request_ids.RequestIdMiddleware",
    "labelhub.metrics.MetricsMiddleware",
    "health.views.ProbeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "labelhub.integrations.cors.WebhookOriginMiddleware",
    "labelhub.shortcut.ShortcutMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "labelhub.content_policy.ContentPolicyMiddleware",
    "labelhub.problems.ProblemMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "labelhub.preferences.PreferencesMiddleware",
    "labelhub.page_access.PageAccessMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "labelhub.urls"
WSGI_APPLICATION = "labelhub.wsgi.application"
AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "sign-in"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
if TRUSTED_PROXIES:
    MIDDLEWARE.insert(
        MIDDLEWARE.index("health.views.ProbeMiddleware") + 1, "labelhub.accounts.proxy.TrustedProxyMiddleware"
    )
if TRUSTED_PROXIES and PROXY_SECRET:
    place = MIDDLEWARE.index("django.contrib.auth.middleware.LoginRequiredMiddleware")
    MIDDLEWARE.insert(place, "labelhub.accounts.proxy.ProxySignOnMiddleware")
    AUTHENTICATION_BACKENDS.append("labelhub.accounts.proxy.ProxyBackend")
if OIDC_ISSUER:
    AUTHENTICATION_BACKENDS.append("labelhub.accounts.oidc.backend.OidcBackend")
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours, of which the page tells
AXES_LOCKOUT_TEMPLATE = "sign_in_later.html"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
# Or whoever goes on guessing would keep a person out for ever.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_VERBOSE = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "labelhub" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "labelhub.context.appearance",
                "labelhub.context.allowed",
                "labelhub.integrations.context.lookup_sources",
            ],
        },
    },
]

# Requests per token are counted here: in Redis where processes share one, else in this process.
CACHES: dict[str, dict[str, object]] = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 10_000}},
    "rates": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "rates",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    },
}
if BROKER_URL.startswith(("redis://", "rediss://")):
    CACHES["rates"] = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": BROKER_URL,
        "KEY_PREFIX": "labelhub",
        "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
    }

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "labelhub" / "locale"]
TIME_ZONE = envzone("LABELHUB_TIME_ZONE")
LEGACY_TIME_ZONE = envzone("LABELHUB_LEGACY_TIME_ZONE")
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Straight from where they lie: no collecting step that a deployment could forget.
WHITENOISE_USE_FINDERS = True
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_MIMETYPES = {".webmanifest": "application/manifest+json"}

LOGGING_CONFIG = "logging.config.dictConfig"
LOGGING = logging_for(env("LABELHUB_LOG_FORMAT", "text"), env("LABELHUB_LOG_LEVEL", "INFO"), SETTING_PROBLEMS)
