from django.conf import settings
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import URLResolver, include, path
from django.urls.resolvers import RoutePattern

from labelhub import api, docs, offline, views
from labelhub.about import views as about
from labelhub.preferences import set_preferences
from labelhub.tokens import views as tokens


class WhenAsked(URLResolver):
    """Like `include()`, but the module is imported for the first address in it. It needs a namespace."""

    def _populate(self) -> None:
        """For names outside of the namespace, of which there are none."""


urlpatterns = [
    # Before the API, which answers 404 on its own root.
    path("", views.dashboard, name="dashboard"),
    path("dashboard/live", views.dashboard_live, name="dashboard-live"),
    path("api/", api.urls()),
    path("openapi.json", docs.openapi_json, name="openapi"),
    path("docs", docs.swagger, name="api-docs"),
    path("redoc", docs.redoc, name="api-reference"),
    path("", include("jobs.urls")),
    path("", include("labelhub.integrations.urls")),
    path("", include("printers.urls")),
    path("", include("templates_app.urls")),
    path(
        "sign-in",
        LoginView.as_view(
            template_name="sign_in.html",
            redirect_authenticated_user=True,
            extra_context={"provider": settings.OIDC_NAME if settings.OIDC_ISSUER else ""},
        ),
        name="sign-in",
    ),
    path("sign-out", LogoutView.as_view(), name="sign-out"),
    path("preferences", set_preferences, name="preferences"),
    path("service-worker.js", offline.service_worker, name="service-worker"),
    path("offline", offline.offline, name="offline"),
    path("about", about.about, name="about"),
    path("about/support-bundle", about.download_bundle, name="support-bundle"),
    path("tokens", tokens.tokens, name="tokens"),
    path("tokens/<uuid:token_id>/revoke", tokens.revoke, name="token-revoke"),
    WhenAsked(
        RoutePattern("admin/", is_endpoint=False), "labelhub.administration", app_name="admin", namespace="admin"
    ),
]
if settings.OIDC_ISSUER:
    urlpatterns.append(path("", include("labelhub.accounts.oidc.urls")))
