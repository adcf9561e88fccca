from datetime import date
from typing import Any

import numpy as np
import pytest
from PIL import Image

from templates_app.definition import Definition, parse
from templates_app.errors import DoesNotFit, InvalidFields
from templates_app.rendering import Rendering, render, resolve
from tests.templates_app.labels import NOW, PT360, canvas, definition, findings, rendered


def text(content: str = "Text", **more: Any) -> dict[str, Any]:
    return {"kind": "text", "name": "t", "text": content, **more}


def ink(rendering: Rendering) -> Any:
    return ~np.asarray(rendering.raster.black)


def box(rendering: Rendering, name: str) -> tuple[int, int, int, int]:
    return next(e.box for e in rendering.elements if e.name == name)


class TestCanvas:
    def test_it_fills_the_print_head_exactly(self) -> None:
        for medium, model in (("tze:12", ""), ("tze:12", PT360), ("hse:11.7", ""), ("dk:62", ""), ("dk:29x90", "")):
            target = canvas(medium, model)
            raster = rendered(definition(text(), media=medium), on=target).raster
            assert raster.pins == target.pins
            assert raster.lines == target.length_dots or target.min_lines <= raster.lines <= target.max_lines
            assert (raster.dpi_along, raster.dpi_across) == (target.dpi_along, target.dpi_across)

    def test_the_same_input_gives_the_same_bytes(self) -> None:
        made = definition(text("Ärger {today}"), {"kind": "barcode", "value": "1", "anchor": "right"})
        assert rendered(made).raster.png == rendered(made).raster.png

    def test_the_length_follows_the_content(self) -> None:
        short, long = (rendered(definition(text(words))).raster.length_mm for words in ("A" * 5, "A" * 10))
        assert long == pytest.approx(2 * short, rel=0.1)

    def test_lengths_of_the_definition_hold(self) -> None:
        assert rendered(definition(text(), length=50)).raster.length_mm == pytest.approx(50, abs=0.1)
        assert rendered(definition(text(), min_length=50)).raster.length_mm == pytest.approx(50, abs=0.1)
        with pytest.raises(DoesNotFit, match=r"Text “t”: “A+” does not fit, it needs [\d.]+ mm more width"):
            rendered(definition(text("A" * 50), max_length=50))

    def test_a_length_that_the_printer_cannot_make_is_refused(self) -> None:
        with pytest.raises(DoesNotFit, match=r"this printer makes labels of 4\.4 to 1000 mm"):
            rendered(definition(text(), length=2))

    def test_a_medium_that_it_is_not_for_is_refused(self) -> None:
        with pytest.raises(DoesNotFit, match="is for tze:12, not for 24 mm tape"):
            rendered(definition(text()), on=canvas("tze:24"))

    def test_high_resolution_doubles_the_lines_alone(self) -> None:
        made = definition(text("Height"), {"kind": "box", "name": "b", "width": 5, "height": 5}, length=50.8)
        plain, fine = rendered(made), rendered(made, on=canvas("tze:12", high_resolution=True))
        assert (fine.raster.lines, fine.raster.pins) == (2 * plain.raster.lines, plain.raster.pins)
        assert box(fine, "b")[2:] == (71, 35)
        assert box(plain, "b")[2:] == (35, 35)
        assert ink(fine).sum() == pytest.approx(2 * ink(plain).sum(), rel=0.08)

    def test_across_is_turned_so_that_brothers_own_picture_reads(self) -> None:
        made = definition(text("Up", anchor="top-left"), media="dk:29", orientation="across", min_length=40)
        rendering = rendered(made)
        portrait = rendering.raster.black.transpose(Image.Transpose.ROTATE_270)
        assert portrait.width == 306
        # Its first row is the first that is sent, and the text stands at its upper left.
        rows, columns = np.nonzero(~np.asarray(portrait))
        assert rows.max() < portrait.height / 4
        assert columns.max() < portrait.width / 2
        along = rendered(definition(text("Up"), media="dk:29"))
        assert (~np.asarray(portrait)).sum() == ink(along).sum()


class TestText:
    def test_its_size_is_the_height_of_a_capital(self) -> None:
        for size, high in ((2, False), (4, False), (4, True), (7, False)):
            made = definition(text("H", size=size), media="tze:24", length=20)
            target = canvas("tze:24", high_resolution=high)
            rows = np.nonzero(ink(rendered(made, on=target)).any(axis=1))[0]
            assert np.ptp(rows) + 1 == pytest.approx(size / 25.4 * 180, abs=1.1)

    def test_fit_takes_all_the_room_there_is(self) -> None:
        made = definition(text("Fit", size="fit"), media="tze:24", length=60)
        dots = ink(rendered(made))
        rows = np.nonzero(dots.any(axis=1))[0]
        assert np.ptp(rows) > 128 * 0.7
        narrow = definition(text("Fit and a long text behind it", size="fit"), media="tze:24", length=60)
        columns = np.nonzero(ink(rendered(narrow)).any(axis=0))[0]
        assert np.ptp(columns) > 425 * 0.9

    def test_shrink_goes_down_to_its_limit_and_no_further(self) -> None:
        made = definition(text("{v}", size=4, overflow="shrink", min_size=2), fields=[{"name": "v"}], length=40)
        assert findings(made, {"v": "A text of some length"}) == []
        with pytest.raises(DoesNotFit) as refused:
            rendered(made, {"v": "A text of far, far greater length than that"})
        assert refused.value.extra["element"] == "t"
        assert refused.value.extra["missing_mm"] == pytest.approx(12.4, abs=0.5)

    def test_an_ellipsis_stands_for_what_is_cut(self) -> None:
        made = definition(text("A text of far, far greater length", size=3, overflow="ellipsis"), length=30)
        details = rendered(made).elements[0].details
        assert details["lines"] == ["A text of far,…"]

    def test_it_wraps_at_words_and_breaks_only_those_longer_than_a_line(self) -> None:
        made = definition(text("one two Donaudampfschifffahrt", size=1.5, wrap=True), media="tze:24", length=14)
        assert rendered(made).elements[0].details["lines"] == ["one two", "Donaudampfs", "chifffahrt"]

    def test_too_many_lines_are_refused_or_cut(self) -> None:
        made = definition(text("a\nb\nc", max_lines=2, size=1.5), media="tze:24")
        with pytest.raises(DoesNotFit, match="takes 1 lines more than the 2 allowed"):
            rendered(made)
        cut = definition(
            text("one two three four five", wrap=True, max_lines=2, size=2, overflow="ellipsis"),
            media="tze:24",
            length=14,
        )
        assert rendered(cut).elements[0].details["lines"] == ["one two", "three fo…"]

    def test_a_line_with_room_to_spare_gets_one_ellipsis(self) -> None:
        words = text("one two three four", wrap=True, size=2, overflow="ellipsis", height=4)
        made = definition(words, media="tze:24", length=17)
        assert rendered(made).elements[0].details["lines"] == ["one two…"]

    def test_too_high_names_the_millimetres(self) -> None:
        with pytest.raises(DoesNotFit, match=r"“H” does not fit, it needs [\d.]+ mm more height"):
            rendered(definition(text("H", size=9)))

    def test_accents_stay_on_the_label(self) -> None:
        assert findings(definition(text("ÄÖÜ Ǻg", size=2.5))) == []
        assert findings(definition(text("ÄÖÜ Ǻg", size="fit"))) == []

    def test_inverted_is_blank_on_ink(self) -> None:
        made = definition(text("A", inverted=True, width=20, height=9), length=20)
        assert ink(rendered(made)).mean() > 0.6

    def test_an_empty_text_takes_no_room(self) -> None:
        column = {"kind": "group", "name": "g", "direction": "column", "gap": 2,
                  "elements": [text("{v}"), text("below", name="b")]}  # fmt: skip
        made = definition(column, fields=[{"name": "v"}])
        assert box(rendered(made), "b")[1] == 0
        assert box(rendered(made, {"v": "x"}), "b")[1] > 20

    def test_other_scripts_have_letters(self) -> None:
        for words in ("Größe", "Ελληνικά", "Русский"):
            assert findings(definition(text(words))) == []


class TestPlaces:
    @pytest.mark.parametrize(
        ("anchor", "x", "y"),
        [
            ("top-left", 7, 7),
            ("top-right", 100, 7),
            ("bottom-left", 7, 27),
            ("bottom-right", 100, 27),
            ("center", 60, 24),
        ],
    )
    def test_offsets_count_inwards_from_the_anchor(self, anchor: str, x: int, y: int) -> None:
        made = definition(
            {"kind": "box", "name": "b", "anchor": anchor, "x": 1, "y": 1, "width": 5, "height": 5}, length=20.04
        )
        assert box(rendered(made), "b")[:2] == pytest.approx((x, y), abs=1)

    def test_what_reaches_beyond_the_label_is_refused(self) -> None:
        with pytest.raises(DoesNotFit, match=r"Box “b” reaches beyond the label by 10\.\d mm in its height"):
            rendered(definition({"kind": "box", "name": "b", "width": 5, "height": 20}))
        with pytest.raises(DoesNotFit, match=r"4\.9 mm in its length"):
            rendered(definition({"kind": "box", "name": "b", "x": 5, "width": 20, "height": 5}, length=20))

    def test_a_row_shares_its_room_by_weight(self) -> None:
        boxes = [
            {"kind": "box", "name": n, "width": "fill", "height": "fill", "weight": w} for n, w in (("a", 1), ("b", 3))
        ]
        made = definition({"kind": "group", "name": "g", "gap": 0, "elements": boxes}, length=40)
        widths = [box(rendered(made), n)[2] for n in "ab"]
        assert sum(widths) == 283
        assert widths[1] / widths[0] == pytest.approx(3, abs=0.1)

    def test_what_fills_keeps_its_quiet_zone_within_its_share(self) -> None:
        codes = [
            {"kind": "barcode", "name": "ean", "symbology": "ean13", "value": "400638133393", "width": "fill"},
            {"kind": "barcode", "name": "qr", "value": "x", "width": 12},
        ]
        made = definition({"kind": "group", "name": "g", "elements": codes}, media="dk:62", length=60)
        assert findings(made) == []

    def test_a_group_without_room_says_how_much_is_missing(self) -> None:
        lines = [text(f"line {n}", name=f"l{n}", size=2.5) for n in range(5)]
        with pytest.raises(DoesNotFit, match=r"needs [\d.]+ mm more height"):
            rendered(definition({"kind": "group", "name": "g", "direction": "column", "elements": lines}))

    def test_visible_and_hidden_follow_a_field(self) -> None:
        made = definition(
            text("yes", name="yes", visible="v"), text("no", name="no", hidden="v"), fields=[{"name": "v"}]
        )
        assert [e.name for e in rendered(made, {"v": "x"}).elements] == ["yes"]
        assert [e.name for e in rendered(made).elements] == ["no"]

    def test_a_group_repeats_over_a_list(self) -> None:
        repeat = {"field": "items", "limit": 3, "more": "+{more} more"}
        made = definition(
            {"kind": "group", "name": "g", "repeat": repeat, "elements": [text("{index}. {item}", size=2)]},
            fields=[{"name": "items", "many": True}],
        )
        rendering = rendered(made, {"items": ["a", "b", "c", "d", "e"]})
        assert [e.details["text"] for e in rendering.elements if e.kind == "text"] == [
            "1. a", "2. b", "3. c", "+2 more",
        ]  # fmt: skip

    def test_a_flag_has_the_cable_between_its_halves(self) -> None:
        made = definition({"kind": "flag", "name": "f", "diameter": 6, "elements": [text("SW2")]})
        places = [e.box for e in rendered(made).elements if e.name == "t"]
        assert len(places) == 2
        between = (places[1][0] - places[0][0] - places[0][2]) / 180 * 25.4
        assert between == pytest.approx(6 * 3.1416, abs=0.3)

    @pytest.mark.parametrize("rotate", [90, 180, 270])
    def test_turning_moves_the_dots(self, rotate: int) -> None:
        plain = rendered(definition(text("Lift", anchor="center"), media="tze:24", length=18))
        turned = rendered(definition(text("Lift", anchor="center", rotate=rotate), media="tze:24", length=18))
        assert ink(turned).sum() == ink(plain).sum()
        # PIL turns counter-clockwise.
        expected = np.rot90(_cropped(ink(plain)), k=-rotate // 90)
        assert (_cropped(ink(turned)) == expected).all()

    @pytest.mark.parametrize("anchor", ["top-left", "top-right", "bottom-left", "bottom-right"])
    @pytest.mark.parametrize("rotate", [90, 180, 270])
    def test_a_turned_text_keeps_its_accents_at_every_edge(self, rotate: int, anchor: str) -> None:
        upright = rendered(definition(text("ÄÉ", size=1.7, y=4), media="tze:24"))
        made = definition(text("ÄÉ", size=1.7, rotate=rotate, anchor=anchor), media="tze:24", length=25)
        assert ink(rendered(made)).sum() == ink(upright).sum()
        assert findings(made, on=canvas("tze:24")) == []

    def test_a_box_thinner_than_its_line_stays_in_its_place(self) -> None:
        made = definition({"kind": "box", "name": "b", "x": 5, "width": 0.2, "height": 0.2, "thickness": 2}, length=20)
        assert ink(rendered(made)).sum() == 1


def _cropped(dots: Any) -> Any:
    rows, columns = np.nonzero(dots.any(axis=1))[0], np.nonzero(dots.any(axis=0))[0]
    return dots[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


class TestColour:
    def test_red_goes_to_the_red_plane_where_the_medium_has_one(self) -> None:
        made = definition(text("red", colour="red"), text("black", name="b", x=20), media="dk:62red")
        raster = rendered(made).raster
        assert raster.red is not None
        red, black = ~np.asarray(raster.red), ~np.asarray(raster.black)
        assert red.any()
        assert black.any()
        assert not (red & black).any()

    def test_and_to_the_black_one_elsewhere(self) -> None:
        made = definition(text("red", colour="red"), media="dk:62")
        raster = rendered(made).raster
        assert raster.red is None
        assert ink(rendered(made)).any()

    def test_blank_letters_on_red_show_the_medium(self) -> None:
        made = definition(text("A", inverted=True, colour="red", size=10), media="dk:62red")
        raster = rendered(made).raster
        assert raster.red is not None
        assert not (~np.asarray(raster.black)).any()


class TestImages:
    PNG = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAAAAABX3VL4AAAADklEQVR4nGNgYGD4/x8AAwAB/wG1xkYAAAAASUVORK5CYII="

    def test_it_keeps_its_proportions(self) -> None:
        made = definition({"kind": "image", "name": "i", "data": _picture(40, 20), "height": 5}, length=30)
        assert box(rendered(made), "i")[2:] == (70, 35)
        fine = rendered(made, on=canvas("tze:12", high_resolution=True))
        assert box(fine, "i")[2:] == (140, 35)

    def test_dither_makes_grey_of_dots(self) -> None:
        made = definition({"kind": "image", "name": "i", "data": _picture(40, 40, grey=128), "mode": "dither"})
        assert 0.3 < ink(rendered(made))[:, :70].mean() < 0.7

    @pytest.mark.parametrize(("threshold", "share"), [(128, 0), (129, 1)])
    def test_the_threshold_divides_ink_from_blank(self, threshold: int, share: int) -> None:
        picture = {"kind": "image", "name": "i", "data": _picture(40, 40, grey=128), "threshold": threshold}
        made = definition({**picture, "height": 5}, text("x", x=20))
        assert ink(rendered(made))[:35, :35].mean() == share


def _picture(width: int, height: int, grey: int = 0) -> str:
    import base64
    import io

    out = io.BytesIO()
    Image.new("L", (width, height), grey).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


class TestFields:
    FIELDS = (
        {"name": "id", "required": True, "pattern": "[A-Z]-\\d+"},
        {"name": "count", "type": "integer", "minimum": 1, "default": 1},
        {"name": "price", "type": "decimal"},
        {"name": "day", "type": "date"},
        {"name": "size", "type": "choice", "choices": ["S", "M"]},
        {"name": "link", "type": "url"},
        {"name": "new", "type": "boolean"},
        {"name": "tags", "many": True},
    )

    def made(self) -> Definition:
        return definition(text("{id}"), fields=list(self.FIELDS))

    def test_values_get_their_types(self) -> None:
        found = resolve(
            self.made(),
            {"id": "A-1", "price": "12.50", "day": "2026-11-21", "size": "S", "new": "yes", "tags": "a\nb"},
        ).typed
        assert (found["count"], str(found["price"]), found["day"]) == (1, "12.50", date(2026, 11, 21))
        assert (found["new"], found["tags"], found["link"]) == (True, ["a", "b"], None)

    def test_every_problem_is_listed(self) -> None:
        with pytest.raises(InvalidFields) as refused:
            resolve(
                self.made(),
                {"count": 0, "price": "dear", "day": "21.11.", "size": "L", "link": "javascript:alert(1)", "nw": 1},
            )
        assert [p.pointer for p in refused.value.problems] == [
            "/fields/nw", "/fields/id", "/fields/count", "/fields/price", "/fields/day", "/fields/size", "/fields/link",
        ]  # fmt: skip
        assert "did you mean “new”" in refused.value.problems[0].message

    def test_blanks_are_no_value(self) -> None:
        with pytest.raises(InvalidFields, match="“id” needs a value"):
            resolve(self.made(), {"id": "  "})

    def test_now_is_given_from_outside(self) -> None:
        made = definition(text("{today + 30d|date(DD.MM.YYYY)}"))
        assert rendered(made).elements[0].details["text"] == "21.12.2026"

    def test_serials_come_with_the_fields(self) -> None:
        made = parse(
            {
                "key": "s", "title": "s", "media": "tze:12", "counters": {"box": {"prefix": "B-", "width": 4}},
                "elements": [text("{serial:box}")],
            }
        )  # fmt: skip
        values = resolve(made, {"serial:box": "B-0042"})
        assert render(made, values, canvas("tze:12"), now=NOW).elements[0].details["text"] == "B-0042"
        assert resolve(made, {}).unallocated == ("box",)
