"""What a deployment serves: `uvicorn labelhub.asgi:application`."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labelhub.settings")
django.setup()

from labelhub.router import asgi_application  # noqa: E402
from labelhub.startup import prepare_or_exit, settle  # noqa: E402

prepare_or_exit()
application = asgi_application()
settle()
