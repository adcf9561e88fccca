import pytest
from PIL import Image

from printers.calibration import Offset, calibrate, is_cut, offset_for, shifted
from printers.callers import HUB
from printers.errors import InvalidInput, MediumDoesNotFit
from printers.media import find_medium
from printers.models import Event, Printer
from printers.raster import Raster
from tests.api import assert_problem, make_printer, script

TAPE = find_medium("tze:12")
MM = 25.4 / 180


def dot(x: int, y: int, size: tuple[int, int] = (100, 70)) -> Raster:
    image = Image.new("1", size, 255)
    image.putpixel((x, y), 0)
    return Raster(image)


def burnt(raster: Raster) -> list[tuple[int, int]]:
    wide = raster.black
    return [(x, y) for x in range(wide.width) for y in range(wide.height) if not wide.getpixel((x, y))]


class TestShift:
    def test_it_works(self) -> None:
        moved = shifted(dot(50, 30), Offset(along_mm=3 * MM, across_mm=-2 * MM))
        assert (moved.lines, moved.pins) == (100, 70)
        assert burnt(moved) == [(53, 28)]

    def test_nothing_is_nothing(self) -> None:
        raster = dot(50, 30)
        assert shifted(raster, Offset()) is raster
        assert shifted(raster, Offset(along_mm=MM / 3)) is raster

    def test_red_goes_along(self) -> None:
        red = dot(1, 1)
        both = Raster(dot(50, 30).black, red.black)
        moved = shifted(both, Offset(along_mm=MM))
        assert moved.red is not None
        assert burnt(Raster(moved.red)) == [(2, 1)]

    def test_high_resolution_has_more_lines_to_a_millimetre(self) -> None:
        fine = Raster(dot(50, 30).black, None, 360, 180)
        assert burnt(shifted(fine, Offset(along_mm=3 * MM))) == [(56, 30)]

    @pytest.mark.parametrize(
        ("along", "across", "cut"),
        [(49, 0, False), (50, 0, True), (-50, 0, False), (-51, 0, True), (0, 39, False), (0, 40, True), (0, -31, True)],
    )
    def test_what_leaves_the_head_is_cut(self, along: int, across: int, cut: bool) -> None:
        offset = Offset(along * MM, across * MM)
        assert is_cut(dot(50, 30), offset) is cut
        assert burnt(shifted(dot(50, 30), offset)) == ([] if cut else [(50 + along, 30 + across)])

    def test_a_blank_label_is_never_cut(self) -> None:
        assert is_cut(Raster(Image.new("1", (10, 70), 255)), Offset(5, 5)) is False


@pytest.mark.django_db
class TestKeep:
    def test_it_works(self) -> None:
        printer = make_printer()
        calibrate(printer, TAPE, Offset(0.4, -0.2), HUB)
        calibrate(printer, find_medium("tze:24"), Offset(0, 1.234), HUB)
        printer = Printer.objects.get()
        assert printer.calibration == {
            "tze:12": {"along_mm": 0.4, "across_mm": -0.2},
            "tze:24": {"along_mm": 0.0, "across_mm": 1.23},
        }
        assert offset_for(printer, TAPE) == Offset(0.4, -0.2)
        assert offset_for(printer, find_medium("tze:9")) == Offset()
        assert [event.data for event in Event.objects.all()] == [{"changed": ["calibration"]}] * 2

    def test_none_forgets(self) -> None:
        printer = make_printer(calibration={"tze:12": {"along_mm": 1, "across_mm": 0}})
        calibrate(printer, TAPE, Offset(), HUB)
        assert Printer.objects.get().calibration == {}

    @pytest.mark.parametrize("far", [5.01, -6, float("nan"), float("inf")])
    def test_too_far_is_refused(self, far: float) -> None:
        with pytest.raises(InvalidInput):
            calibrate(make_printer(), TAPE, Offset(far, 0), HUB)
        assert Printer.objects.get().calibration == {}

    def test_what_does_not_fit_is_refused(self) -> None:
        with pytest.raises(MediumDoesNotFit):
            calibrate(make_printer(), find_medium("tze:36"), Offset(1, 0), HUB)
        assert not Event.objects.exists()


@pytest.mark.django_db
class TestApi:
    def test_it_works(self) -> None:
        printer = make_printer()
        caller = script("manage")
        answer = caller.patch(f"/api/printers/{printer.id}", {"calibration": {"12": {"along_mm": 0.4}}})
        assert answer.status_code == 200
        assert answer.json()["calibration"] == {"tze:12": {"along_mm": 0.4, "across_mm": 0.0}}
        assert Printer.objects.get().calibration == answer.json()["calibration"]

    def test_the_rest_of_a_change_leaves_it_alone(self) -> None:
        printer = make_printer(calibration={"tze:12": {"along_mm": 0.4, "across_mm": 0.0}})
        answer = script("manage").patch(f"/api/printers/{printer.id}", {"name": "desk"})
        assert answer.json()["calibration"] == {"tze:12": {"along_mm": 0.4, "across_mm": 0.0}}

    def test_unknown_media_are_refused(self) -> None:
        printer = make_printer()
        answer = script("manage").patch(f"/api/printers/{printer.id}", {"calibration": {"tze:77": {"along_mm": 1}}})
        assert_problem(answer, 422, "unknown-medium", "/calibration")
        assert Printer.objects.get().calibration == {}
