from django.urls import path

from labelhub.integrations import views

urlpatterns = [path("print/<slug:key>/look-up", views.look_up, name="look-up")]
