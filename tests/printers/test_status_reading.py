"""Merging what a device says: pure, no database, no packet."""

from typing import Any

import pytest

from printers.brother_status import build_block
from printers.snmp import Answer
from printers.status.reading import merge, size_in
from tests.printers.agents import DIE_CUT_BLOCK, PT_BLOCK

PT_ID = "MFG:Brother;CMD:PJL;MDL:PT-P750W;CLS:PRINTER;DES:Brother PT-P750W;"


def _pt(**fields: Any) -> bytes:
    return build_block(series=0x30, model_code=0x68, **{"width_mm": 12, "media_type": 1, **fields})


def _ql(**fields: Any) -> bytes:
    return build_block(series=0x34, model_code=0x41, **{"width_mm": 62, "media_type": 0x0A, **fields})


def test_it_works() -> None:
    reading = merge(Answer(block=PT_BLOCK, device_id=PT_ID, printer_status=3, media_name='12mm(0.47")'), "pt-p750w")
    assert (reading.state, reading.reasons, reading.error_state, reading.ready) == ("idle", (), (), True)
    assert (reading.width_mm, reading.length_mm, reading.media_type) == (12.0, 0.0, "laminated")
    assert (reading.tape_color, reading.text_color) == ("white", "black")
    assert reading.medium is not None
    assert reading.medium.key == "tze:12"
    assert reading.model_seen == "PT-P750W"
    assert reading.source == "status-block"
    assert reading.sources == {
        "model": "ieee-1284",
        "printing": "printer-mib",
        "errors": "status-block",
        "media": "status-block",
    }
    assert reading.notes == ()


def test_die_cut_labels_in_the_codes_of_snmp() -> None:
    reading = merge(Answer(block=DIE_CUT_BLOCK), "ql-820nwb")
    assert (reading.width_mm, reading.length_mm, reading.media_type) == (62.0, 29.0, "die-cut")
    assert reading.medium is not None
    assert reading.medium.key == "dk:62x29"
    assert reading.model_seen == "QL-820NWB"
    assert reading.reasons == ()


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ('12mm(0.47")', (12.0, 0.0)),
        ("62mm", (62.0, 0.0)),
        ("29mm x 90mm", (29.0, 90.0)),
        ("29 x 90 mm", (29.0, 90.0)),
        ("62mm×29mm", (62.0, 29.0)),
        ("3.5mm", (3.5, 0.0)),
        ("3,5 mm", (3.5, 0.0)),
        ("", None),
        ("none", None),
        ("no tape", None),
        ("0mm", None),
        ("9999mm", None),
        ("12mm x 9999mm", None),
    ],
)
def test_sizes_in_texts(text: str, size: tuple[float, float] | None) -> None:
    assert size_in(text) == size


def test_the_width_is_only_in_the_text_of_a_p750w_without_block() -> None:
    reading = merge(Answer(device_id=PT_ID, media_name="3.5mm", printer_status=3, detected_errors=b"\0"), "pt-p750w")
    assert reading.medium is not None
    assert (reading.medium.key, reading.width_mm) == ("tze:3.5", 3.5)
    assert (reading.source, reading.sources["media"]) == ("printer-mib", "printer-mib")
    assert reading.tape_color == ""


def test_three_and_a_half_millimetres_are_a_four_in_the_block() -> None:
    reading = merge(Answer(block=_pt(width_mm=3.5), media_name="3.5mm"), "pt-p750w")
    assert (reading.width_mm, reading.medium and reading.medium.key) == (3.5, "tze:3.5")


def test_a_block_goes_before_the_text() -> None:
    reading = merge(Answer(block=_pt(width_mm=24), media_name="12mm"), "pt-p750w")
    assert reading.width_mm == 24.0


def test_a_block_without_media_and_without_error_leaves_it_to_the_text() -> None:
    reading = merge(Answer(block=_pt(width_mm=0, media_type=0), media_name="18mm"), "pt-p750w")
    assert (reading.width_mm, reading.sources["media"]) == (18.0, "printer-mib")


def test_dimensions_are_the_last_resort() -> None:
    reading = merge(Answer(device_id=PT_ID, media_across_mm=24.0), "pt-p750w")
    assert (reading.width_mm, reading.medium and reading.medium.key) == (24.0, "tze:24")


def test_an_open_cover_hides_the_media() -> None:
    reading = merge(Answer(block=_pt(error2=0x10), media_name="12mm"), "pt-p750w")
    assert (reading.state, reading.reasons, reading.error_state) == ("stopped", ("cover-open",), ("cover open",))
    assert (reading.width_mm, reading.medium, reading.media_type) == (None, None, "")


def test_an_exhausted_cassette_keeps_its_width() -> None:
    reading = merge(Answer(block=_pt(error1=0x02)), "pt-p750w")
    assert (reading.state, reading.reasons, reading.error_state) == ("stopped", ("media-empty",), ("end of media",))
    assert reading.width_mm == 12.0


@pytest.mark.parametrize(
    ("error1", "error2", "reasons"),
    [
        (0x01, 0, ("media-empty",)),
        (0x04, 0, ("media-jam",)),
        (0, 0x01, ("media-needed",)),
        (0, 0x20, ("other",)),
        (0x04, 0x10, ("media-jam", "cover-open")),
        (0x08, 0x10, ("cover-open", "other-warning")),
    ],
)
def test_what_stops_it(error1: int, error2: int, reasons: tuple[str, ...]) -> None:
    reading = merge(Answer(block=_pt(error1=error1, error2=error2)), "pt-p750w")
    assert (reading.state, reading.reasons) == ("stopped", reasons)


def test_weak_batteries_do_not_stop_it() -> None:
    reading = merge(Answer(block=_pt(error1=0x08)), "pt-p750w")
    assert (reading.state, reading.reasons, reading.error_state) == ("idle", ("other-warning",), ("weak batteries",))
    assert reading.medium is not None


def test_an_unknown_bit_is_shown() -> None:
    reading = merge(Answer(block=_pt(error2=0x08)), "pt-p750w")
    assert reading.error_state == ("unknown bit 08 in error information 2",)
    assert not reading.ready


@pytest.mark.parametrize(
    ("phase", "printer_status", "state"), [(1, 3, "processing"), (0, 4, "processing"), (0, 3, "idle")]
)
def test_either_source_may_show_that_it_prints(phase: int, printer_status: int, state: str) -> None:
    assert merge(Answer(block=_pt(phase=phase), printer_status=printer_status), "pt-p750w").state == state


@pytest.mark.parametrize(
    ("octets", "state", "reasons", "names"),
    [
        (b"\x00", "idle", (), ()),
        (b"", "idle", (), ()),
        (b"\x40", "stopped", ("media-empty",), ("no media",)),
        (b"\x08", "stopped", ("cover-open",), ("cover open",)),
        (b"\x04", "stopped", ("media-jam",), ("jammed",)),
        (b"\x80", "idle", ("media-low-warning",), ("low media",)),
        (b"\x00\x10", "idle", ("output-area-almost-full-report",), ("output nearly full",)),
        (b"\x00\x08", "stopped", ("output-area-full",), ("output full",)),
        (b"\x00\x04", "stopped", ("media-empty",), ("no media in the tray",)),
        (b"\x00\x00\x80", "idle", ("other-report",), ("unknown bit 80 of octet 2",)),
    ],
)
def test_detected_errors_without_a_block(
    octets: bytes, state: str, reasons: tuple[str, ...], names: tuple[str, ...]
) -> None:
    reading = merge(Answer(detected_errors=octets, printer_status=3), "pt-p750w")
    assert (reading.state, reading.reasons, reading.error_state) == (state, reasons, names)
    assert reading.sources["errors"] == "printer-mib"


def test_a_block_goes_before_the_detected_errors() -> None:
    assert merge(Answer(block=PT_BLOCK, detected_errors=b"\xff\xff"), "pt-p750w").state == "idle"


def test_only_a_name() -> None:
    reading = merge(Answer(device_id=PT_ID), "pt-p750w")
    assert (reading.state, reading.source, reading.medium) == ("idle", "ieee-1284", None)
    assert "neither its state nor its media" in reading.notes[0]


@pytest.mark.parametrize("configured", ["PT-P750W", "pt-p750w", "Brother PT-P750W"])
def test_the_configured_model_may_be_written_in_any_way(configured: str) -> None:
    assert merge(Answer(block=PT_BLOCK, device_id=PT_ID), configured).notes == ()


def test_another_model_than_the_configured_one_is_noted() -> None:
    reading = merge(Answer(block=DIE_CUT_BLOCK), "pt-p750w")
    assert reading.notes == (
        "The device says that it is a QL-820NWB, but the hub has it as PT-P750W. Correct the model or the address.",
    )
    assert reading.medium is not None
    assert reading.medium.key == "dk:62x29"


@pytest.mark.parametrize("seen", ["LaserJet 4000", "", "<script>", "x" * 255])
def test_an_unknown_model_is_no_crash(seen: str) -> None:
    reading = merge(Answer(device_descr=seen, printer_status=3), "not-a-model")
    assert reading.model_seen == seen[:64]
    assert reading.medium is None


def test_black_and_red_tape() -> None:
    reading = merge(Answer(block=_ql(text_color=0x04)), "ql-820nwb")
    assert reading.medium is not None
    assert reading.medium.key in {"dk:62", "dk:62red"}
