"""What a strict printer accepts and refuses, by hand-written streams; media as loaded: 12 mm tape, 62 mm roll."""

import random
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printers.brother_status import BUFFER_FULL, COMMUNICATION_ERROR, REPLACE_MEDIA
from printers.emulator.commands import StreamError
from printers.emulator.interpreter import Interpreter
from printers.emulator.media import load
from printers.emulator.pages import Page
from printers.media import find_model
from printers.raster import Raster
from tests.printers.emulator.streams import PT_START, picture, pt_page, same, wire_lines

LABEL = Raster(picture(64, 70))
HALF_CUT_CHAIN, HALF_CUT_NO_CHAIN = b"\x1biK\x04", b"\x1biK\x0c"

QL_LABEL = Raster(picture(160, 696))
QL_LINES = b"".join(b"g\0\x5a" + line for line in wire_lines(QL_LABEL.black, 12, 90))
QL_START = b"\0" * 400 + b"\x1b@\x1bia\x01"
QL_INFORMATION = b"\x1biz\xce\x0a\x3e\0\xa0\0\0\0\0\0"


def run(stream: bytes, model: str = "pt-p900w", medium: str = "tze:12") -> list[Page]:
    printer = find_model(model)
    loaded = load(printer, medium)
    return list(Interpreter(printer, lambda: loaded).feed(stream))


def run_pt(stream: bytes, medium: str = "tze:12") -> list[Page]:
    return run(stream, "pt-p710bt", medium)


def run_ql(*parts: bytes, model: str = "ql-820nwb", medium: str = "dk:62") -> list[Page]:
    return run(b"".join(parts), model, medium)


def ql_page(lines: bytes = QL_LINES, setup: bytes = b"") -> bytes:
    return QL_INFORMATION + b"\x1biM\x40\x1biA\x01\x1biK\x08\x1bid\x23\x00" + setup + b"M\0" + lines + b"\x1a"


def test_it_works() -> None:
    [page] = run_pt(PT_START + pt_page(LABEL))
    assert same(page.raster.black, LABEL.black)
    assert (page.cut, page.number, page.last, page.mirrored, page.medium_key) == ("full", 1, True, False, "tze:12")


def test_ql() -> None:
    [page] = run_ql(QL_START, ql_page())
    assert same(page.raster.black, QL_LABEL.black)
    assert page.cut == "full"


def test_empty_lines() -> None:
    [page] = run_pt(PT_START + pt_page(LABEL, lines=b"Z" * 64))
    assert page.raster.black.getextrema() == (255, 255)


def test_mirror() -> None:
    [page] = run_pt(PT_START + pt_page(LABEL, various=b"\x1biM\xc0"))
    assert page.mirrored
    assert not same(page.raster.black, LABEL.black)


def test_high_resolution() -> None:
    [page] = run_pt(PT_START + pt_page(LABEL, expanded=b"\x1biK\x48"))
    assert (page.raster.dpi_along, page.raster.dpi_across) == (360, 180)
    assert page.margin_mm == pytest.approx(0.99, abs=0.01)


def test_strip_with_half_cuts() -> None:
    """The sequence that three encoders agree on: auto-cut off, half-cut and chain, no chain before the last."""
    model, off = "pt-p950nw", b"\x1biM\x00"
    wide = b"".join(b"G\x46\x00" + line for line in wire_lines(picture(64, 150), 197, 70))
    strip = (
        pt_page(LABEL, page=0, end=b"\x0c", various=off, expanded=HALF_CUT_CHAIN, lines=wide)
        + pt_page(LABEL, page=1, end=b"\x0c", various=off, expanded=HALF_CUT_CHAIN, lines=wide)
        + pt_page(LABEL, page=2, end=b"\x1a", various=off, expanded=HALF_CUT_NO_CHAIN, lines=wide)
    )
    assert [page.cut for page in run(PT_START + strip, model)] == ["half", "half", "full"]


def test_auto_cut_wins_over_half_cut() -> None:
    strip = pt_page(LABEL, end=b"\x0c", expanded=HALF_CUT_CHAIN) + pt_page(LABEL, page=2)
    assert [page.cut for page in run_pt(PT_START + strip)] == ["full", "full"]


def test_cut_every_second_label() -> None:
    setup = b"\x1biA\x02"
    pages = [pt_page(LABEL, page=min(n, 1), end=b"\x0c", expanded=b"\x1biK\x00") for n in range(4)]
    assert [page.cut for page in run_pt(PT_START + setup + b"".join(pages))] == ["none", "full", "none", "full"]


def test_a_p750w_does_not_cut_uncompressed() -> None:
    [page] = run(PT_START + pt_page(LABEL), "pt-p750w")
    assert page.cut == "none"


def test_two_jobs_in_one_connection() -> None:
    job = PT_START + pt_page(LABEL)
    assert [page.number for page in run_pt(job + job)] == [1, 1]


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        (PT_START + b"X", "unknown command 58"),
        (PT_START + b"\x1biw", "unknown command 1b 69 77"),
        (PT_START + b"\x1bc", "unknown command 1b 63"),
        (pt_page(LABEL), "1b 69 7a before ESC @ (initialise)"),
        (b"\x1b@" + pt_page(LABEL), "1b 69 7a outside raster mode (ESC i a 01)"),
        (b"\x1b@\x1bia\x00" + pt_page(LABEL), "mode 00 is not raster mode"),
        (PT_START + b"\x1bi!\x02", "status notification 02"),
        (PT_START + pt_page(LABEL, information=b""), "a raster line without print information (ESC i z)"),
        (PT_START + pt_page(LABEL, compression=b""), "a raster line without a compression mode (M)"),
        (PT_START + pt_page(LABEL, compression=b"M\x01"), "compression mode 01"),
        (PT_START + pt_page(LABEL, lines=b"G\x0f\0" + bytes(15)), "raster line 1 has 15 bytes instead of 16"),
        (PT_START + pt_page(LABEL, lines=b"G\0\x40"), "a raster line of 16384 bytes"),
        (PT_START + pt_page(LABEL, lines=b"G\0\0"), "a raster line of 0 bytes"),
        (
            PT_START + pt_page(LABEL, compression=b"M\x02", lines=b"Z" + b"G\x02\0\xf2\0"),
            "raster line 2: it unpacks to 15 bytes instead of 16",
        ),
        (PT_START + pt_page(LABEL, lines=b"Z" * 63), "63 raster lines where 64 were announced"),
        (PT_START + pt_page(LABEL, lines=b"Z" * 65), "more raster lines than the 64 announced"),
        (PT_START + pt_page(LABEL, lines=b"Z\0\0Z"), "zeros between raster lines"),
        (PT_START + pt_page(LABEL, lines=b"Z\x1biM\x00"), "1b 69 4d between raster lines"),
        (PT_START + pt_page(LABEL, lines=b"g\0\x10" + bytes(16)), "a QL raster line (g) on a PT-P710BT"),
        (PT_START + pt_page(LABEL, lines=b"w\1\x10" + bytes(16)), "a two-colour raster line in one-colour mode"),
        (PT_START + b"\x0c", "print without a page"),
        (PT_START + pt_page(LABEL, page=1), "the first page of a job says that it is not the first"),
        (
            PT_START + pt_page(LABEL, end=b"\x0c") + pt_page(LABEL, page=2, end=b"\x0c"),
            "the page that said that it is the last ends with 0c (more follow)",
        ),
        (
            PT_START + pt_page(LABEL, end=b"\x0c") + PT_START,
            "ESC @ inside an open chain: the page before it was no last page",
        ),
        (PT_START + pt_page(LABEL, various=b"\x1biM\x41"), "unknown bits in ESC i M 41"),
        (PT_START + pt_page(LABEL, expanded=b"\x1biK\x28"), "unknown bits in ESC i K 28"),
        (PT_START + b"\x1biA\x00", "cut every 0 labels"),
        (PT_START + pt_page(LABEL, margin=b"\x1bid\x0d\x00"), "a margin of 13 dots (1.8 mm)"),
        (PT_START + pt_page(LABEL, margin=b"\x1bid\x00\x10"), "a margin of 4096 dots (578.0 mm)"),
        (PT_START + pt_page(LABEL, information=b"\x1biz" + bytes(10)), "print information for 0 raster lines"),
        (PT_START + b"\x1biz\x85" + bytes(9), "print information with unknown flags 85"),
        (PT_START + b"\x1biz\x84\0\x0c\0\x28\0\0\0\3\0", "print information that ends in 03 00"),
        (
            PT_START + pt_page(LABEL, lines=b"G\x10\0\x80" + bytes(15) + b"Z" * 63),
            "dots beside the 70 pins that have tape under them",
        ),
    ],
)
def test_refuses(stream: bytes, reason: str) -> None:
    with pytest.raises(StreamError) as refused:
        run_pt(stream)
    assert refused.value.reason == reason
    assert (refused.value.error1, refused.value.error2) == (0, COMMUNICATION_ERROR)


@pytest.mark.parametrize(
    ("information", "reason"),
    [
        (b"\x84\0\x18\0", "media 24 mm wide, but 12 mm tape is loaded"),
        (b"\x86\x11\x0c\0", "media type 11, but 12 mm tape is loaded"),
        (b"\x88\0\0\x1d", "media 29 mm long, but 12 mm tape is loaded"),
    ],
)
def test_refuses_other_media_than_those_loaded(information: bytes, reason: str) -> None:
    with pytest.raises(StreamError) as refused:
        run_pt(PT_START + b"\x1biz" + information + b"\x28\0\0\0\0\0")
    assert refused.value.reason == reason
    assert (refused.value.error1, refused.value.error2) == (0, REPLACE_MEDIA)


def test_refuses_more_lines_than_can_ever_be_printed_before_they_come() -> None:
    with pytest.raises(StreamError) as refused:
        run_pt(PT_START + b"\x1biz\x84\0\x0c\0\xff\xff\xff\xff\0\0")
    assert refused.value.error2 == BUFFER_FULL


def test_refuses_high_resolution_lines_at_normal_resolution() -> None:
    with pytest.raises(StreamError) as refused:
        run_pt(PT_START + pt_page(Raster(picture(7087, 70)), lines=b"Z" * 7087))
    assert refused.value.reason == "7087 raster lines, at most 7086 fit"


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ([QL_START, ql_page(b"G\x5a\0" + bytes(90))], "a PT raster line (G) on a QL-820NWB"),
        ([QL_START, ql_page(b"g\1\x5a" + bytes(90))], "raster line g 01 5a"),
        ([QL_START, ql_page(b"w\1\x5a" + bytes(90))], "a two-colour raster line in one-colour mode"),
        ([QL_START, ql_page(setup=b"\x1biK\x09")], "a one-colour raster line in two-colour mode"),
        ([QL_START, ql_page(b"w\2\x5a" + bytes(90), b"\x1biK\x09")], "colour 02 out of turn"),
        ([QL_START, ql_page((b"w\1\x5a" + bytes(90)) * 2, b"\x1biK\x09")], "colour 01 out of turn"),
        ([QL_START, ql_page(b"w\1\x5a" + bytes(90) + b"Z", b"\x1biK\x09")], "an empty line where a red one is due"),
        ([QL_START, ql_page(setup=b"\x1bid\0\0")], "a margin of 0 dots (0.0 mm)"),
        ([QL_START, ql_page(setup=b"\x1biK\x0c")], "unknown bits in ESC i K 0c"),
    ],
)
def test_refuses_on_a_ql(parts: list[bytes], reason: str) -> None:
    with pytest.raises(StreamError) as refused:
        run_ql(*parts)
    assert refused.value.reason == reason


def test_refuses_two_colours_on_a_one_colour_printer() -> None:
    with pytest.raises(StreamError, match="two colours on a QL-710W, which has one"):
        run_ql(QL_START, ql_page(setup=b"\x1biK\x09"), model="ql-710w")


def test_refuses_two_colours_on_a_one_colour_roll() -> None:
    lines = (b"w\1\x5a" + bytes(90) + b"w\2\x5a" + bytes(90)) * 160
    with pytest.raises(StreamError) as refused:
        run_ql(QL_START, ql_page(lines, b"\x1biK\x09"))
    assert refused.value.error2 == REPLACE_MEDIA


def test_refuses_a_label_that_is_too_short() -> None:
    information = QL_INFORMATION.replace(b"\xa0", b"\x95")
    with pytest.raises(StreamError, match="149 raster lines, a label on 62 mm roll has 150 or more"):
        run_ql(QL_START, information, b"M\0", b"Z" * 149, b"\x1a")


def test_refuses_compression_on_a_printer_without() -> None:
    with pytest.raises(StreamError, match="compression on a QL-700, which has none"):
        run_ql(b"\x1b@", QL_INFORMATION, b"M\2", model="ql-700")


STREAMS = [
    PT_START + pt_page(LABEL),
    PT_START + pt_page(LABEL, end=b"\x0c") + pt_page(LABEL, page=2),
    PT_START + pt_page(LABEL, compression=b"M\x02", lines=b"ZG\x02\0\xf1\0" * 32),
    QL_START + ql_page(),
]
PIECES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([PT_START, b"\x1b@", b"\x1bia\x01", b"M\0", b"M\2", b"Z", b"\x0c", b"\x1a", *STREAMS]),
)


def outcome(chunks: list[bytes], model: str) -> tuple[list[str], str]:
    """What was printed, and the error that ended it."""
    printer = find_model(model)
    loaded = load(printer, "12" if printer.family == "pt" else "62")
    interpreter = Interpreter(printer, lambda: loaded)
    pages: list[str] = []
    try:
        for chunk in chunks:
            for page in interpreter.feed(chunk):
                pages.append(f"{page.raster.sha256} {page.cut} {page.number}")
    except StreamError as error:
        return pages, error.reason
    return pages, ""


@given(st.lists(PIECES, max_size=8), st.sampled_from(["pt-p710bt", "ql-820nwb"]), st.randoms(use_true_random=False))
def test_any_bytes_in_any_pieces_give_the_same(pieces: list[bytes], model: str, noise: random.Random) -> None:
    stream = b"".join(pieces)
    cuts = sorted(noise.randrange(len(stream) + 1) for _ in range(noise.randrange(12)))
    chunks = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert outcome(chunks, model) == outcome([stream], model)


@given(
    st.sampled_from(STREAMS), st.integers(0, 2**32), st.integers(0, 255), st.sampled_from(["pt-p710bt", "ql-820nwb"])
)
def test_a_bent_stream_prints_or_is_refused(stream: bytes, where: int, byte: int, model: str) -> None:
    bent = bytearray(stream)
    bent[where % len(bent)] = byte
    whole = outcome([bytes(bent)], model)
    assert whole == outcome([bytes([each]) for each in bent], model)


def test_endless_garbage_does_not_fill_the_memory() -> None:
    """Zeros forever, and lines forever: neither is kept."""
    printer = find_model("ql-820nwb")
    loaded = load(printer, "62")
    tracemalloc.start()
    try:
        interpreter = Interpreter(printer, lambda: loaded)
        for _ in range(200):
            assert list(interpreter.feed(b"\0" * 65536)) == []
        list(interpreter.feed(b"\x1b@\x1bia\x01" + QL_INFORMATION + b"M\0"))
        assert list(interpreter.feed((b"g\0\x5a" + bytes(90)) * 160)) == []
        with pytest.raises(StreamError):
            list(interpreter.feed((b"g\0\x5a" + bytes(90)) * 10_000))
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()
