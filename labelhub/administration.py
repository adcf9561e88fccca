"""Django's administration: imported when somebody goes there (labelhub/urls.py), because it takes 10 MB."""

from django.contrib import admin

admin.autodiscover()
app_name = "admin"
urlpatterns = admin.site.urls[0]
