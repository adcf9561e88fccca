import pytest
from hypothesis import given
from hypothesis import strategies as st

from printers import brother_status
from printers.brother_status import build_block, parse_block

# DK-1209 in a QL-820NWB, as read over SNMP: 0B where the reference has 4B.
DIE_CUT_SAMPLE = bytes.fromhex("8020423441300400 00003e0b00000300 001d000000000000 0000000000000000")


def pt_block(**fields: int | float) -> bytes:
    defaults: dict[str, int | float] = {"width_mm": 12, "media_type": 1, "tape_color": 1, "text_color": 8}
    return build_block(series=0x30, model_code=0x68, **{**defaults, **fields})  # type: ignore[arg-type]


def test_it_works() -> None:
    block = parse_block(pt_block())

    assert block.model_key == "pt-p750w"
    assert (block.media_width_mm, block.media_length_mm, block.media_type) == (12.0, 0.0, "laminated")
    assert (block.tape_color, block.text_color) == ("white", "black")
    assert (block.status_type, block.phase, block.printing) == ("reply", "receiving", False)
    assert block.error_names == ()
    assert block.reasons == ()
    assert not block.has_error


def test_die_cut_roll_with_the_codes_of_snmp() -> None:
    block = parse_block(DIE_CUT_SAMPLE)

    assert block.model_key == "ql-820nwb"
    assert (block.media_width_mm, block.media_length_mm, block.media_type) == (62.0, 29.0, "die-cut")
    assert (block.tape_color, block.text_color) == ("", "")
    assert not block.has_error


def test_build_makes_the_sample() -> None:
    built = build_block(
        series=0x34, model_code=0x41, width_mm=62, length_mm=29, media_type=0x0B, other={6: 0x04, 14: 0x03}
    )
    assert built == DIE_CUT_SAMPLE


@pytest.mark.parametrize(("code", "name"), [(0x0A, "continuous"), (0x4A, "continuous"), (0x4B, "die-cut")])
def test_media_type(code: int, name: str) -> None:
    assert parse_block(pt_block(media_type=code)).media_type == name


@pytest.mark.parametrize(
    ("media_type", "width_mm", "code"),
    [(0x01, 3.5, 4), (0x03, 3.5, 4), (0x11, 5.8, 6), (0x11, 23.6, 24), (0x17, 5.2, 5), (0x17, 11.2, 11), (0x01, 6, 6)],
)
def test_widths_that_are_no_whole_millimetres(media_type: int, width_mm: float, code: int) -> None:
    raw = pt_block(media_type=media_type, width_mm=width_mm)
    assert raw[10] == code
    assert parse_block(raw).media_width_mm == width_mm


def test_cover_open_hides_the_media() -> None:
    block = parse_block(pt_block(error2=brother_status.COVER_OPEN))

    assert block.media_width_mm is None
    assert block.media_length_mm is None
    assert (block.media_type, block.tape_color, block.text_color) == ("", "", "")
    assert block.error_names == ("cover open",)
    assert block.reasons == ("cover-open",)


def test_exhausted_cassette_keeps_its_width() -> None:
    block = parse_block(pt_block(error1=brother_status.END_OF_MEDIA))

    assert block.media_width_mm == 12.0
    assert block.error_names == ("end of media",)
    assert block.reasons == ("media-empty",)


@pytest.mark.parametrize(
    ("field", "bit", "name", "reason"),
    [
        ("error1", 0x01, "no media", "media-empty"),
        ("error1", 0x02, "end of media", "media-empty"),
        ("error1", 0x04, "cutter jam", "media-jam"),
        ("error1", 0x08, "weak batteries", "other"),
        ("error1", 0x10, "printer in use", "other"),
        ("error1", 0x20, "printer turned off", "offline"),
        ("error1", 0x40, "high-voltage adapter", "other"),
        ("error1", 0x80, "fan motor error", "other"),
        ("error2", 0x01, "wrong media", "media-needed"),
        ("error2", 0x02, "expansion buffer full", "other"),
        ("error2", 0x04, "communication error", "other"),
        ("error2", 0x08, "unknown bit 08 in error information 2", "other"),
        ("error2", 0x10, "cover open", "cover-open"),
        ("error2", 0x20, "overheating", "other"),
        ("error2", 0x40, "media cannot be fed", "media-jam"),
        ("error2", 0x80, "system error", "other"),
    ],
)
def test_every_error_bit_has_a_name(field: str, bit: int, name: str, reason: str) -> None:
    block = parse_block(pt_block(**{field: bit}))
    assert block.error_names == (name,)
    assert block.reasons == (reason,)
    assert block.has_error


def test_several_errors_keep_their_order_and_each_reason_once() -> None:
    block = parse_block(pt_block(error1=0x03, error2=0x11))
    assert block.error_names == ("no media", "end of media", "wrong media", "cover open")
    assert block.reasons == ("media-empty", "media-needed", "cover-open")


def test_an_error_without_a_bit_is_still_an_error() -> None:
    block = parse_block(pt_block(status_type=2))
    assert block.has_error
    assert block.error_names == ("unnamed error",)
    assert block.reasons == ("other",)


def test_unknown_codes_are_shown_not_dropped() -> None:
    block = parse_block(pt_block(media_type=0x77, tape_color=0xAB, text_color=0xCD, phase=9, status_type=0x33))
    assert block.media_type == "unknown (77)"
    assert (block.tape_color, block.text_color) == ("unknown (ab)", "unknown (cd)")
    assert (block.phase, block.status_type) == ("unknown (09)", "unknown (33)")
    assert block.model_key == "pt-p750w"


@pytest.mark.parametrize("media_type", [0x00, 0xFF])
def test_no_width_without_media(media_type: int) -> None:
    block = parse_block(pt_block(media_type=media_type))
    assert block.media_width_mm is None


def test_wrong_size() -> None:
    with pytest.raises(ValueError, match="32 bytes, this one has 31"):
        parse_block(pt_block()[:31])


def test_wrong_header() -> None:
    with pytest.raises(ValueError, match="begins with 80 20 42, this one with 00 20 42"):
        parse_block(b"\0" + pt_block()[1:])


@given(st.binary(min_size=29, max_size=29))
def test_any_block_can_be_read(rest: bytes) -> None:
    block = parse_block(brother_status.HEADER + rest)
    assert block.raw == brother_status.HEADER + rest
    assert len(block.error_names) >= rest[5].bit_count() + rest[6].bit_count()
    assert (block.media_width_mm is None) == (not block.media_known)
    assert block.has_error == bool(block.reasons)
    assert all((block.status_type, block.phase))
