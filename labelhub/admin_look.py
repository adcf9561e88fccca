"""The administration looks and reads like the pages: their blue, their name, and a menu by what people look for."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def _may(permission: str) -> Callable[[HttpRequest], bool]:
    return partial(_has, permission)


def _has(permission: str, request: HttpRequest) -> bool:
    return bool(request.user.has_perm(permission))


def _entry(title: Any, icon: str, model: str) -> dict[str, Any]:
    """`model` is written app_model."""
    app, _underscore, name = model.rpartition("_")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{model}_changelist"),
        "permission": _may(f"{app}.view_{name}"),
    }


def _file(path: str) -> Callable[[HttpRequest], str]:
    return lambda _request: static(path)


_icon = _file("icons/favicon.svg")


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "LabelHub",
    "SITE_HEADER": "LabelHub",
    "SITE_SUBHEADER": _("Administration"),
    "SITE_URL": "/",
    "SITE_ICON": _icon,
    "SITE_FAVICONS": [{"rel": "icon", "sizes": "any", "type": "image/svg+xml", "href": _icon}],
    "STYLES": [_file("css/admin.css")],
    "SCRIPTS": [_file("js/admin.js")],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "BORDER_RADIUS": "8px",
    "COLORS": {
        # base.css: --page, --sunken, --line, … and --accent with its neighbours.
        "base": {
            "50": "#f4f5f7", "100": "#eceef2", "200": "#dde1e7", "300": "#c4cad4", "400": "#9ea8b6", "500": "#636c7b",
            "600": "#565f6e", "700": "#3a414d", "800": "#20262f", "900": "#171b22", "950": "#0f1217",
        },
        "primary": {
            "50": "#f1f4fe", "100": "#e8edfd", "200": "#cfd9fb", "300": "#a9bdff", "400": "#8aa5ff", "500": "#6d89f5",
            "600": "#2b50d8", "700": "#1f3fb4", "800": "#1d3590", "900": "#1d2746", "950": "#0d1430",
        },
    },
    "SIDEBAR": {
        "show_search": True,
        "show_all_applications": False,
        "navigation": [
            {
                "title": _("People and scripts"),
                "items": [
                    _entry(_("Users"), "person", "accounts_user"),
                    _entry(_("Groups and roles"), "group", "auth_group"),
                    _entry(_("Limits to printers"), "person_pin_circle", "printers_userlimit"),
                    _entry(_("API tokens"), "key", "accounts_apitoken"),
                    _entry(_("Tokens of some printers"), "link", "printers_tokenbinding"),
                    _entry(_("Sign-in by a provider"), "badge", "accounts_externalidentity"),
                ],
            },
            {
                "title": _("Printers"),
                "separator": True,
                "items": [
                    _entry(_("Sites"), "home_work", "printers_site"),
                    _entry(_("Printers"), "print", "printers_printer"),
                    _entry(_("Pools"), "workspaces", "jobs_pool"),
                    _entry(_("What they said last"), "sensors", "printers_printerstatus"),
                ],
            },
            {
                "title": _("Labels"),
                "separator": True,
                "items": [
                    _entry(_("Jobs"), "list", "jobs_job"),
                    _entry(_("Batches"), "view_list", "jobs_batch"),
                    _entry(_("Templates"), "sell", "templates_app_template"),
                    _entry(_("Counters"), "tag", "templates_app_counter"),
                ],
            },
            {
                "title": _("Webhooks"),
                "separator": True,
                "items": [
                    _entry(_("Webhooks"), "webhook", "webhooks_webhook"),
                    _entry(_("Deliveries"), "outbox", "webhooks_delivery"),
                    _entry(_("Dead letters"), "unsubscribe", "webhooks_deadletter"),
                ],
            },
            {
                "title": _("What happened"),
                "separator": True,
                "items": [
                    _entry(_("Events"), "history", "printers_event"),
                    _entry(_("Workers"), "monitor_heart", "jobs_heartbeat"),
                    _entry(_("Failed sign-ins"), "lock", "axes_accessattempt"),
                    _entry(_("Sign-ins"), "login", "axes_accesslog"),
                ],
            },
        ],
    },
}  # fmt: skip
