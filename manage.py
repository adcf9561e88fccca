#!/usr/bin/env python
import os
import sys

from labelhub.launch import apply_hub_settings


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labelhub.settings")
    apply_hub_settings(sys.argv)
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
