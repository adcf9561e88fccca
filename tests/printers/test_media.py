import pytest
from brother_ql.labels import LabelsManager
from brother_ql.models import ModelsManager

from printers import brother_status
from printers.errors import MediumDoesNotFit, UnknownMedium, UnknownModel
from printers.media import (
    MEDIA,
    MODELS,
    TAPE_COLOURS,
    TEXT_COLOURS,
    Medium,
    Model,
    canvas_for,
    find_medium,
    find_model,
    media_for,
    medium_from_status,
    placement,
)
from tests.printers.drivers.oracles import PTOUCH_PRINTERS, PTOUCH_TAPES, QL_MODELS, brother_ql_label

PAIRS = [(model, medium) for model in MODELS.values() for medium in media_for(model)]


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda row: row.key)
def test_a_model_is_found_by_every_way_to_write_it(model: Model) -> None:
    name = model.name
    for written in (name, model.key, name.replace("-", ""), f" Brother {name} ", f"brother_{name}", name[3:].lower()):
        assert find_model(written) is model


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("ql-820nwbc", "ql-820nwb"),
        ("QL-820NWBc", "ql-820nwb"),
        ("QL820NWBVM", "ql-820nwb"),
        ("ql-1110nwbc", "ql-1110nwb"),
        ("PTP750W", "pt-p750w"),
        ("p750w", "pt-p750w"),
        ("PT-P900", "pt-p900"),
        ("PT-P950NWc", "pt-p950nw"),
        ("e550wvp", "pt-e550w"),
    ],
)
def test_names_on_boxes_are_found(written: str, key: str) -> None:
    assert find_model(written).key == key


def test_an_unknown_model_names_the_near_ones() -> None:
    with pytest.raises(UnknownModel) as caught:
        find_model("PT-P705W")

    assert caught.value.detail.startswith("“PT-P705W” is no printer model that is known here. Near ones: PT-P750W,")
    near = caught.value.extra["near"]
    assert isinstance(near, list)
    assert near[0] == "PT-P750W"


@pytest.mark.parametrize("written", ["zebra", "", "PT", "…", "x" * 5000])
def test_what_is_like_nothing_lists_all_models(written: str) -> None:
    with pytest.raises(UnknownModel) as caught:
        find_model(written)

    assert "There are: PT-E550W, PT-P750W," in caught.value.detail or "Near ones:" in caught.value.detail
    assert len(caught.value.detail) < 500


@pytest.mark.parametrize("medium", MEDIA.values(), ids=lambda row: row.key)
def test_a_medium_is_found_by_its_key(medium: Medium) -> None:
    assert find_medium(medium.key) is medium
    assert find_medium(f" {medium.key.upper()} ") is medium


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("62", "dk:62"),
        ("62 mm", "dk:62"),
        ("62red", "dk:62red"),
        ("29 × 90 mm", "dk:29x90"),
        ("29mm x 90mm", "dk:29x90"),
        ("3,5", "tze:3.5"),
        ("tze:12.0", "tze:12"),
        ("hse3:9", "hse3:9.0"),
        ("d24", "dk:d24"),
        ("DK-22251", "dk:62red"),
        ("DK-11201", "dk:29x90"),
        ("DK-1201", "dk:29x90"),
        ("DK-2205", "dk:62"),
        ("DK-44205", "dk:62"),
        ("DK-N55224", "dk:54"),
        ("TZe-231", "tze:12"),
        ("TZe-FX231", "tze:12"),
        ("TZe-N201", "tze:3.5"),
        ("HSe-231", "hse:11.7"),
        ("HSe-231E", "hse3:11.2"),
    ],
)
def test_a_medium_is_found_as_people_write_it(written: str, key: str) -> None:
    assert find_medium(written).key == key


def test_a_bare_size_that_means_two_asks_which() -> None:
    with pytest.raises(UnknownMedium, match="“12” can mean tze:12 or dk:12"):
        find_medium("12")

    assert find_medium("12", media_for(find_model("PT-P750W"))).key == "tze:12"
    assert find_medium("12", media_for(find_model("QL-700"))).key == "dk:12"


@pytest.mark.parametrize(("written", "near"), [("dk:63", "dk:62"), ("tze:13", "tze:12"), ("62x101", "dk:62x100")])
def test_an_unknown_medium_names_the_near_ones(written: str, near: str) -> None:
    with pytest.raises(UnknownMedium) as caught:
        find_medium(written)

    assert f"“{written}” is no tape or roll that is known here. Near ones: " in caught.value.detail
    assert near in caught.value.detail


@pytest.mark.parametrize(("model", "medium"), PAIRS, ids=lambda row: row.key)
def test_a_placement_covers_the_head(model: Model, medium: Medium) -> None:
    place = placement(model, medium)

    assert place.left + place.pins + place.right == model.pins == model.bytes_per_line * 8
    assert min(place.left, place.right) >= 0
    assert (place.length_dots is None) == (medium.shape == "continuous")
    # Never wider than the medium is.
    assert place.pins / model.dpi * 25.4 <= medium.width_mm


@pytest.mark.parametrize("key", PTOUCH_PRINTERS)
def test_pins_are_those_of_ptouch(key: str) -> None:
    configs = PTOUCH_PRINTERS[key].PIN_CONFIGS

    found = {PTOUCH_TAPES[medium.key]: placement(MODELS[key], medium) for medium in media_for(MODELS[key])}

    assert {tape: (place.left, place.pins, place.right) for tape, place in found.items()} == {
        tape: (config.left_pins, config.print_pins, config.right_pins) for tape, config in configs.items()
    }
    assert {tape.width_mm for tape in found} == {medium.width_code for medium in media_for(MODELS[key])}


@pytest.mark.parametrize("model", QL_MODELS, ids=lambda row: row.key)
def test_dots_are_those_of_brother_ql(model: Model) -> None:
    theirs = next(row for row in ModelsManager().iter_elements() if row.identifier == model.name)
    labels = {row.identifier: row for row in LabelsManager().iter_elements()}

    assert (model.min_dots, model.max_dots) == theirs.min_max_length_dots
    for medium in media_for(model):
        place, label = placement(model, medium), labels[brother_ql_label(medium)]
        assert (place.pins, place.length_dots or 0) == label.dots_printable
        assert place.left == label.offset_r + theirs.additional_offset_r
        assert place.feed_margin_dots == label.feed_margin
        assert (medium.width_code, medium.length_code) == label.tape_size


def test_every_roll_of_brother_ql_is_here() -> None:
    ours = {brother_ql_label(medium) for medium in MEDIA.values() if medium.kind == "dk"}
    theirs = {row.identifier for row in LabelsManager().iter_elements()}

    # A roll that no shop has, and the tapes of PT models, which have their own tables.
    assert theirs - ours == {"12+17", "18", "pt12", "pt18", "pt24", "pt36"}
    assert ours - theirs == set()


def test_a_medium_that_does_not_fit_names_those_that_do() -> None:
    with pytest.raises(MediumDoesNotFit) as caught:
        placement(find_model("PT-P910BT"), find_medium("hse:5.8"))

    assert caught.value.detail == (
        "A PT-P910BT cannot take 5.8 mm heat-shrink tube 2:1 (hse:5.8). "
        "It takes: tze:3.5, tze:6, tze:9, tze:12, tze:18, tze:24, tze:36."
    )


def test_only_two_colour_models_take_the_red_roll() -> None:
    red = find_medium("dk:62red")

    assert [model.key for model in MODELS.values() if red in media_for(model)] == ["ql-800", "ql-810w", "ql-820nwb"]


def test_a_canvas_has_the_dots_of_its_placement() -> None:
    canvas = canvas_for(find_model("PT-P750W"), find_medium("tze:12"))

    assert (canvas.pins, canvas.length_dots, canvas.dpi_along, canvas.dpi_across) == (70, None, 180, 180)
    assert (canvas.min_lines, canvas.max_lines, canvas.two_colour) == (31, 7086, False)
    assert canvas.margin_mm == pytest.approx(1.98, abs=0.01)


def test_high_resolution_doubles_along_the_feed_only() -> None:
    canvas = canvas_for(find_model("QL-820NWB"), find_medium("dk:29x90"), high_resolution=True)

    assert (canvas.pins, canvas.length_dots, canvas.dpi_along, canvas.dpi_across) == (306, 1982, 600, 300)
    assert (canvas.min_lines, canvas.max_lines) == (1982, 1982)


@pytest.mark.parametrize(
    ("model", "status", "key"),
    [
        ("PT-P750W", (12, 0, "laminated", "white", "black"), "tze:12"),
        ("PT-P750W", (4, 0, "non-laminated", "white", "black"), "tze:3.5"),
        ("PT-P750W", (3.5, None, "", "", ""), "tze:3.5"),
        ("PT-P750W", (6, 0, "heat-shrink 2:1", "", ""), "hse:5.8"),
        ("PT-P900W", (31.0, 0, "heat-shrink 3:1", "", ""), "hse3:31.0"),
        ("PT-P750W", (36, 0, "laminated", "", ""), None),
        ("PT-P750W", (12, 0, "incompatible", "", ""), None),
        ("PT-P750W", (None, None, "none", None, None), None),
        ("QL-820NWB", (62, 0, "continuous", "white", "black"), "dk:62"),
        ("QL-820NWB", (62, 0, "continuous", "white", ""), "dk:62"),
        ("QL-820NWB", (62, 0, "continuous", "white", "black/red"), "dk:62red"),
        ("QL-700", (62, 0, "continuous", "white", "black/red"), "dk:62"),
        ("QL-820NWB", (62, 29, "die-cut", "", ""), "dk:62x29"),
        ("QL-820NWB", (24, 24, "die-cut", "", ""), "dk:d24"),
        ("QL-820NWB", (60, 87, "die-cut", "", ""), "dk:60x86"),
        ("QL-820NWB", (29, 90, None, None, None), "dk:29x90"),
        ("QL-820NWB", (62, 50, "die-cut", "", ""), None),
        ("QL-1100", (104, 0, "continuous", "", ""), "dk:103"),
        ("QL-1050", (104, 0, "continuous", "", ""), "dk:104"),
    ],
)
def test_a_status_says_which_medium_it_is(
    model: str, status: tuple[float | None, float | None, str | None, str | None, str | None], key: str | None
) -> None:
    medium = medium_from_status(find_model(model), *status)

    assert (medium.key if medium else None) == key


def test_every_medium_is_recognised_by_its_own_codes() -> None:
    types = {"tze": "laminated", "hse2": "heat-shrink 2:1", "hse3": "heat-shrink 3:1"}
    for model, medium in PAIRS:
        media_type = types.get(medium.kind) or ("die-cut" if medium.length_mm else "continuous")
        text = "black/red" if medium.two_colour else "black"

        found = medium_from_status(model, medium.width_code, medium.length_code, media_type, "white", text)

        # A 103 and a 104 mm roll call themselves the same.
        twin = medium.key == "dk:104" and find_medium("dk:103") in media_for(model)
        assert found == (find_medium("dk:103") if twin else medium)


def test_colours_have_the_names_of_the_status_block() -> None:
    assert {code: colour.name for code, colour in TAPE_COLOURS.items()} == brother_status.TAPE_COLORS
    assert {code: colour.name for code, colour in TEXT_COLOURS.items()} == brother_status.TEXT_COLORS
