"""A small disk of its own for a database, that can be full: a tmpfs, which root may mount."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

SIZE_MB = 320
# SQLite with its log, images and labels: what a hub begins with, and a little more.
SMALL_MB = 24
# Sized for the first, and no checkpoint makes room while it is full.
POSTGRESQL = {
    "min_wal_size": "32MB",
    "max_wal_size": "64MB",
    "checkpoint_timeout": "1h",
    "autovacuum": "off",
    # What was committed outlasts a crash of the server, as in a deployment.
    "synchronous_commit": "on",
}


@dataclass
class Disk:
    folder: Path

    @contextmanager
    def full(self) -> Iterator[None]:
        """Not one block is left."""
        ballast = self.folder / "ballast"
        try:
            with ballast.open("wb", buffering=0) as file:
                for size in (2**20, 2**12):
                    with suppress(OSError):
                        while True:
                            file.write(bytes(size))
            yield
        finally:
            ballast.unlink()


@contextmanager
def small_disk(size_mb: int = SIZE_MB) -> Iterator[Disk | None]:
    """None where nobody may mount one."""
    with tempfile.TemporaryDirectory(prefix="labelhub-disk-") as name:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m", "tmpfs", name]
        if (done := subprocess.run(mount, capture_output=True, text=True)).returncode:
            print(f"No disk can be filled here, the database itself has to refuse: {done.stderr.strip()}")  # noqa: T201
            yield None
            return
        try:
            yield Disk(Path(name))
        finally:
            subprocess.run(["umount", "--lazy", name], check=True)
