from importlib import import_module

from django.apps import AppConfig


class LabelHubConfig(AppConfig):
    name = "labelhub"
    verbose_name = "LabelHub"

    def ready(self) -> None:
        # `shared_task` rings with the app that was made last: the web process needs it as much as the worker.
        import_module("labelhub.celery")
        import_module("labelhub.checks")
