"""Who a printer is: its id from the configuration, and the one name under which it can be called."""

from uuid import UUID, uuid5

from django.db.models import CharField, F, Func, Value
from django.db.models.functions import Coalesce, Length, NullIf, Substr

# Ids of existing installations derive from this constant: it never changes.
NAMESPACE = UUID("6f1b3c7e-9d6a-4f48-9a8c-d4e0e1c5a3b2")


def derive_printer_id(model: str, host: str, port: int | str) -> UUID:
    """The same configuration gives the same id on every machine."""
    return uuid5(NAMESPACE, f"{model.strip().lower()}|{host.strip()}|{port}")


def effective_handle(name: str, queue_path: str) -> str | None:
    """The name, else the last segment of the queue path without trailing slashes, else None (monitor only)."""
    return name or queue_path.rstrip("/").rpartition("/")[2] or None


def queue_path_fits(queue_path: str) -> bool:
    """Empty, or absolute and without a slash at its end."""
    return not queue_path or (queue_path.startswith("/") and not queue_path.endswith("/"))


def _rtrim(text: object, characters: object) -> Func:
    return Func(text, characters, function="RTRIM", output_field=CharField())


def handle_expression() -> Coalesce:
    """`effective_handle` in SQL that SQLite and PostgreSQL both accept for a stored generated column."""
    path = _rtrim(F("queue_path"), Value("/"))
    # What is left of the path once every character that is no slash is trimmed from its end: the folder.
    letters = Func(F("queue_path"), Value("/"), Value(""), function="REPLACE", output_field=CharField())
    folder = _rtrim(path, letters)
    return Coalesce(
        NullIf(F("name"), Value("")), NullIf(Substr(path, Length(folder) + 1), Value("")), output_field=CharField()
    )
