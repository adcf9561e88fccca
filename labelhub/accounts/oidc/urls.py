from django.urls import path

from labelhub.accounts.oidc import views

# The names are the library's.
urlpatterns = [
    path("sign-in/oidc", views.leave, name="oidc_authentication_init"),
    path("sign-in/oidc/callback", views.come_back, name="oidc_authentication_callback"),
]
