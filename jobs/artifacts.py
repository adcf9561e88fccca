"""The exact dots of every label that was rendered for printing, as PNG files named by their own SHA-256.

A file is written beside and renamed, and believed only after its content was hashed, so that a torn, empty or foreign
one is an error with its name in it, never a wrong label. Nothing waits for the disk: what a power cut takes is drawn
again from the job, which the database has. Files are written and read by the system's calls, without `open` and Path,
which take several times as long for what is as small as a label.
"""

import hashlib
import os
import re
import secrets
import time
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from jobs.errors import ArtifactUnusable
from printers.raster import Raster

SHA256 = re.compile(r"[0-9a-f]{64}")
LARGEST = 16 * 1024 * 1024


def artifact_path(sha256: str) -> Path:
    return Path(_file_of(sha256))


def _file_of(sha256: str) -> str:
    if not SHA256.fullmatch(sha256):
        raise ArtifactUnusable(f"“{sha256[:80]}” is not the name of a label image.")
    return f"{settings.DATA_DIR}/artifacts/{sha256[:2]}/{sha256[2:]}.png"


def keep(png: bytes) -> str:
    """Store what `Raster.png` gave, and say its name. A file that is there is used if it is right, else replaced.

    Raises ArtifactUnusable where the folder cannot be written: the disk is full, or it is read-only.
    """
    sha256 = hashlib.sha256(png).hexdigest()
    path = _file_of(sha256)
    with suppress(OSError, ArtifactUnusable):
        if _content(path) == png:
            _touch(path)
            return sha256
    try:
        _write(path, png)
    except OSError as error:
        raise ArtifactUnusable(
            f"The image of a label cannot be kept in {path}: {error.strerror or error}. "
            "Make room on that disk, or make the folder writable."
        ) from error
    return sha256


def read_artifact(sha256: str) -> bytes:
    """The PNG; raises ArtifactUnusable, naming the file, where it is missing, torn, empty or not the one."""
    path = _file_of(sha256)
    try:
        png = _content(path)
    except OSError as error:
        raise ArtifactUnusable(f"The label image {path} cannot be read: {error.strerror or error}.") from error
    if hashlib.sha256(png).hexdigest() != sha256:
        what = "is empty" if not png else "is damaged: its content is not what its name says"
        raise ArtifactUnusable(f"The label image {path} {what}.")
    return png


def _content(path: str) -> bytes:
    file = os.open(path, os.O_RDONLY)
    try:
        size = os.fstat(file).st_size
        if size > LARGEST:
            raise ArtifactUnusable(f"The label image {path} is too large to be one.")
        return os.read(file, size)
    finally:
        os.close(file)


def load(sha256: str) -> Raster:
    """Raises ArtifactUnusable as read_artifact does."""
    try:
        return Raster.from_png(read_artifact(sha256))
    except ValueError as error:
        raise ArtifactUnusable(f"The label image {_file_of(sha256)} cannot be used: {error}.") from error


def forget(sha256: str) -> None:
    with suppress(OSError, ArtifactUnusable):
        artifact_path(sha256).unlink(missing_ok=True)


def older_than(seconds: float) -> list[str]:
    """The names of files that nobody wrote or asked for again since; leftovers of a crash are removed on the way."""
    before = time.time() - seconds
    found = []
    for path in (Path(settings.DATA_DIR) / "artifacts").glob("??/*"):
        with suppress(OSError):
            if path.stat().st_mtime >= before:
                continue
            if path.suffix == ".part":
                path.unlink()
            elif SHA256.fullmatch(name := path.parent.name + path.stem):
                found.append(name)
    return found


def _touch(path: str) -> None:
    # Its age counts from its last use; a folder that has become read-only is no reason not to print.
    with suppress(OSError):
        os.utime(path)


def _write(path: str, png: bytes) -> None:
    unfinished = f"{path}.{secrets.token_hex(8)}.part"
    try:
        file = _created(unfinished)
        try:
            left = memoryview(png)
            while left:
                left = left[os.write(file, left) :]
        finally:
            os.close(file)
        os.replace(unfinished, path)  # noqa: PTH105
    except BaseException:
        with suppress(OSError):
            os.unlink(unfinished)  # noqa: PTH108
        raise


def _created(path: str) -> int:
    wanted = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        return os.open(path, wanted, 0o666)
    except FileNotFoundError:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, wanted, 0o666)
