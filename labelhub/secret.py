import os
import secrets
from pathlib import Path

SHORTEST = 50


def kept_secret(path: Path) -> str:
    """The random text in this file, made on first use and readable by its owner only; empty where neither works.

    Processes that start together end up with the same one: only a complete file gets the name. One that is torn, or
    anything else, is left as it is: sessions and tokens rest on what was in it.
    """
    if path.exists():
        return _read(path)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(SHORTEST))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    except OSError:
        return ""
    return _read(path)


def _read(path: Path) -> str:
    try:
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return text if len(text) >= SHORTEST and text.isprintable() else ""
