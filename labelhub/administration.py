"""Django's administration: imported when somebody goes there (labelhub/urls.py), because it takes 10 MB."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

admin.autodiscover()
admin.site.site_title = admin.site.site_header = "LabelHub"
admin.site.index_title = _("Administration")
app_name = "admin"
urlpatterns = admin.site.urls[0]
