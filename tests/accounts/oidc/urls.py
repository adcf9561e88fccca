from labelhub.accounts.oidc.urls import urlpatterns as sign_in
from labelhub.urls import urlpatterns as hub

urlpatterns = [*hub, *sign_in]
