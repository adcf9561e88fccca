import os
import signal
import sys
import time
from argparse import ArgumentParser
from contextlib import ExitStack
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from labelhub import data_folder
from labelhub.launch import add_hub_settings
from labelhub.refusals import StartRefused


class Command(BaseCommand):
    help = "Web, worker and beat in one process: everything that prints labels, without a server to install."
    # The start does it, in its own order and with its own words.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_hub_settings(parser)
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--bind", metavar="ADDRESS", default="127.0.0.1", help="0.0.0.0 to be reached from outside")

    def handle(self, *, port: int, bind: str, **_: Any) -> None:
        begun = time.monotonic()
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        code = os.EX_OK
        try:
            self._run(port, bind, begun)
        except StartRefused as refusal:
            code = refusal.report()
        except KeyboardInterrupt:
            self.stderr.write("Stopped.")
        # Threads that still wait for a printer must not keep the process: what they know is in the database.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)

    def _run(self, port: int, bind: str, begun: float) -> None:
        with ExitStack() as at_the_end:
            data_folder.prepare(settings.DATA_DIR)
            at_the_end.enter_context(data_folder.only_hub(settings.DATA_DIR))
            from labelhub.embedded import listen, serve
            from labelhub.startup import bring_up

            listener = at_the_end.enter_context(listen(bind, port))
            done = bring_up()
            from labelhub.announcement import Announcement

            announcement = Announcement(self.stdout, listener.getsockname(), done, begun)
            if settings.DEMO:
                from labelhub.demo import EmulatedPrinters

                at_the_end.callback(EmulatedPrinters().start().stop)
            serve(listener, on_ready=announcement.make)
