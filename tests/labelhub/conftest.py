from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import LazySettings

Configure = Callable[[str], None]


@pytest.fixture
def configure(settings: LazySettings, tmp_path: Path) -> Configure:
    """Write the LABELHUB_CONFIG file."""
    path = tmp_path / "labelhub.toml"
    settings.CONFIG_FILE = str(path)

    def write(text: str) -> None:
        path.write_text(text)
        # The same nanosecond twice would be the same file to the hub.
        load_configuration_anew()

    return write


def load_configuration_anew() -> None:
    from printers.configuration import _read_once

    _read_once.cache_clear()
