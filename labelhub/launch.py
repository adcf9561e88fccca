"""Options that are settings: they have to be in the environment before Django reads its settings."""

import os
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path


def add_hub_settings(parser: ArgumentParser) -> None:
    parser.add_argument("--demo", action="store_true", help="add emulated printers, and print a sample label on them")
    parser.add_argument("--data", metavar="DIR", help="where everything is kept (default: LABELHUB_DATA_DIR, or var)")


def apply_hub_settings(argv: Sequence[str]) -> None:
    """`manage.py hub --demo --data DIR` says the same as LABELHUB_DEMO=1 LABELHUB_DATA_DIR=DIR."""
    if list(argv[1:2]) != ["hub"]:
        return
    parser = ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    add_hub_settings(parser)
    options, _ = parser.parse_known_args(argv[2:])
    if options.demo:
        os.environ["LABELHUB_DEMO"] = "1"
    if options.data:
        os.environ["LABELHUB_DATA_DIR"] = str(Path(options.data).absolute())
