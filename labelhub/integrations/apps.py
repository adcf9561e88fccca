from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    name = "labelhub.integrations"
    label = "integrations"
    verbose_name = "Integrations"
