"""For servers that speak WSGI only; live updates (/api/events) need labelhub.asgi."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labelhub.settings")
application = get_wsgi_application()

from labelhub.startup import prepare_or_exit  # noqa: E402

prepare_or_exit()
