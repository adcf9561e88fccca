import os
from pathlib import Path

import pytest
from django.conf import LazySettings
from PIL import Image

from jobs.artifacts import artifact_path, forget, keep, load, older_than, read_artifact
from jobs.errors import ArtifactUnusable
from printers.raster import Raster


@pytest.fixture
def raster() -> Raster:
    black = Image.new("1", (60, 70), 255)
    black.paste(0, (5, 5, 20, 20))
    return Raster(black)


def test_it_works(raster: Raster) -> None:
    sha256 = keep(raster.png)
    assert read_artifact(sha256) == raster.png
    assert load(sha256).png == raster.png
    assert keep(raster.png) == sha256
    assert [path.name for path in artifact_path(sha256).parent.iterdir()] == [f"{sha256[2:]}.png"]


@pytest.mark.parametrize(
    "content", [b"", b"\x89PNG\r\n\x1a\n", b"somebody else's file", "torn"], ids=["empty", "head", "foreign", "torn"]
)
def test_a_wrong_file_is_never_believed_and_is_replaced(raster: Raster, content: bytes | str) -> None:
    sha256 = keep(raster.png)
    path = artifact_path(sha256)
    path.write_bytes(raster.png[:-7] if isinstance(content, str) else content)
    with pytest.raises(ArtifactUnusable) as caught:
        load(sha256)
    assert str(path) in caught.value.detail
    assert keep(raster.png) == sha256
    assert read_artifact(sha256) == raster.png


def test_a_missing_one_is_named() -> None:
    with pytest.raises(ArtifactUnusable) as caught:
        read_artifact("ab" * 32)
    assert "artifacts/ab/" in caught.value.detail


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "AB" * 32, "ab" * 31])
def test_a_name_that_is_none_touches_no_file(name: str) -> None:
    with pytest.raises(ArtifactUnusable):
        read_artifact(name)


def test_a_disk_that_is_full_leaves_nothing_half_done(raster: Raster, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: str) -> int:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).touch()
        return os.open("/dev/full", os.O_WRONLY)

    monkeypatch.setattr("jobs.artifacts._created", full)
    with pytest.raises(ArtifactUnusable) as caught:
        keep(raster.png)
    assert "No space left on device" in caught.value.detail
    assert list(artifact_path(raster.sha256).parent.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(raster: Raster, settings: LazySettings) -> None:
    (Path(settings.DATA_DIR) / "artifacts").write_text("in the way")
    with pytest.raises(ArtifactUnusable) as caught:
        keep(raster.png)
    assert "artifacts" in caught.value.detail


def test_old_ones_are_found_and_leftovers_removed(raster: Raster) -> None:
    sha256 = keep(raster.png)
    part = artifact_path(sha256).parent / "x.part"
    part.write_bytes(b"half")
    assert older_than(3600) == []
    assert older_than(-1) == [sha256]
    assert not part.exists()
    forget(sha256)
    assert older_than(-1) == []
