from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "labelhub.webhooks"
    label = "webhooks"
    verbose_name = "Webhooks"
