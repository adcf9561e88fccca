import os
import sys


class StartRefused(Exception):
    """Why this hub does not start, in one sentence for the person at the terminal."""

    # sysexits.h: something was found in an unconfigured or misconfigured state.
    exit_code = os.EX_CONFIG

    def report(self) -> int:
        print(f"LabelHub does not start. {self}", file=sys.stderr)  # noqa: T201
        return self.exit_code
