import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

from labelhub.refusals import StartRefused


def prepare(folder: Path) -> None:
    """Raises StartRefused unless files can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"LabelHub")
    except OSError as error:
        raise StartRefused(
            f"The data folder {folder} cannot be written: {error.strerror}; name another one with --data."
        ) from error


@contextmanager
def only_hub(folder: Path) -> Iterator[None]:
    """Two hubs on one folder would be two writers for each printer. The kernel frees the lock however a hub ends."""
    descriptor = os.open(folder / "hub.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            flock(descriptor, LOCK_EX | LOCK_NB)
        except BlockingIOError as error:
            owner = os.read(descriptor, 20).decode("ascii", "replace").strip() or "unknown"
            raise StartRefused(
                f"Another hub (process {owner}) uses the data folder {folder}: stop it, or name another with --data."
            ) from error
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(descriptor)
