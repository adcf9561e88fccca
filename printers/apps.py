from django.apps import AppConfig


class PrintersConfig(AppConfig):
    name = "printers"
    verbose_name = "Printers"

    def on_server_start(self) -> None:
        """Called by what serves (web, worker, bring_up), and by nothing else: configuration becomes rows.

        `ready()` would be the wrong place: it also runs for makemigrations, check and every test collection.
        """
        from printers.reconcile import reconcile

        reconcile()
