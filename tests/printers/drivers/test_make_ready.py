"""Labels that are encoded together are the labels that are encoded one by one."""

from dataclasses import replace

import pytest

from printers.drivers import PrintOptions, driver_for
from printers.errors import MediumDoesNotFit
from printers.media import Medium, Model, find_medium, find_model, placement
from printers.raster import Raster
from tests.printers.drivers.oracles import feed_view, least_lines, raster_for

P750W, QL820 = find_model("PT-P750W"), find_model("QL-820NWB")
TAPE, ROLL, RED_ROLL = find_medium("tze:12"), find_medium("dk:62"), find_medium("dk:62red")
# Some are small, and one is larger than what is worked on at a time.
MORE_LINES = (0, 1, 40, 0, 1200, 7)


def labels(model: Model, medium: Medium) -> list[Raster]:
    least, pins = least_lines(model, medium), placement(model, medium).pins
    pictures = [feed_view(least + more, pins, seed) for seed, more in enumerate(MORE_LINES)]
    reds = [feed_view(each.width, pins, 77) if medium.two_colour and n % 2 else None for n, each in enumerate(pictures)]
    return [raster_for(model, medium, black, red) for black, red in zip(pictures, reds, strict=True)]


@pytest.mark.parametrize(("model", "medium"), [(P750W, TAPE), (QL820, ROLL), (QL820, RED_ROLL)])
@pytest.mark.parametrize(
    "options", [PrintOptions(), PrintOptions(copies=2), PrintOptions(compress=False, auto_cut=False)]
)
def test_it_works(model: Model, medium: Medium, options: PrintOptions) -> None:
    driver, rasters = driver_for(model), labels(model, medium)
    driver.make_ready(rasters, model, medium, options)

    def page(raster: Raster) -> list[bytes]:
        return driver.page(raster, model, medium, options, first=True, last=False)

    assert [page(raster) for raster in rasters] == [page(raster) for raster in labels(model, medium)]


def test_it_is_found_by_the_page() -> None:
    driver, rasters = driver_for(P750W), labels(P750W, TAPE)
    driver.make_ready(rasters, P750W, TAPE, PrintOptions())
    [(key, _lines)] = rasters[0].encoded.items()
    rasters[0].encoded[key] = b"as it was made"
    assert b"as it was made" in driver.page(rasters[0], P750W, TAPE, PrintOptions(), first=True, last=True)[0]


def test_it_is_not_used_for_anything_else() -> None:
    driver, [first, *_] = driver_for(P750W), labels(P750W, TAPE)
    driver.make_ready([first], P750W, TAPE, PrintOptions())
    plain = PrintOptions(compress=False, auto_cut=False)
    fresh = replace(first)
    assert fresh.encoded == {}
    assert driver.page(first, P750W, TAPE, plain, first=True, last=True) == driver.page(
        fresh, P750W, TAPE, plain, first=True, last=True
    )


def test_one_that_does_not_fit_is_refused() -> None:
    driver, rasters = driver_for(P750W), labels(P750W, TAPE)
    wide = feed_view(60, placement(P750W, find_medium("tze:24")).pins, 1)
    with pytest.raises(MediumDoesNotFit):
        driver.make_ready([*rasters, raster_for(P750W, TAPE, wide)], P750W, TAPE, PrintOptions())
