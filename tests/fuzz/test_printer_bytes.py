"""What comes from the network: streams to an emulated printer, status blocks, SNMP answers and questions."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from printers.brother_status import build_block, parse_block
from printers.drivers import PrintOptions, driver_for
from printers.emulator.agent import answer
from printers.emulator.commands import StreamError
from printers.emulator.interpreter import Interpreter
from printers.emulator.media import load
from printers.media import canvas_for, find_medium, find_model
from printers.raster import Raster
from printers.snmp import oids
from printers.snmp.answers import LONGEST, answer_from, clean
from printers.snmp.ber import Unreadable, read_response
from tests.fuzz.mutations import TEXTS, bounded, fuzz, mutated, or_refused
from tests.printers.test_snmp_ber import _message

PRINTERS = [("pt-p750w", "tze:12"), ("pt-p900w", "tze:36"), ("ql-820nwb", "dk:62"), ("ql-820nwb", "dk:62red")]


def stream(model_key: str, medium_key: str) -> bytes:
    model, medium = find_model(model_key), find_medium(medium_key)
    canvas = canvas_for(model, medium)
    black = Image.effect_noise((max(canvas.min_lines, 120), canvas.pins), 90).convert("1")
    raster = Raster(black, black if medium.two_colour else None, canvas.dpi_along, canvas.dpi_across)
    return driver_for(model).encode([raster, raster], model, medium, PrintOptions(copies=2))


BLOCK = build_block(series=0x30, model_code=0x68, width_mm=12, media_type=1, tape_color=1, text_color=8)
STREAMS = {(model, medium): stream(model, medium) for model, medium in PRINTERS}


@pytest.mark.parametrize("which", PRINTERS)
@fuzz(60)
@given(data=st.data())
def test_a_stream_prints_or_is_refused(which: tuple[str, str], data: st.DataObject) -> None:
    content = data.draw(mutated([*STREAMS.values(), STREAMS[which]]))
    step = data.draw(st.sampled_from([1, 7, 512, 100_000]))
    model = find_model(which[0])
    loaded = load(model, which[1])
    interpreter = Interpreter(model, lambda: loaded)
    pages = 0
    with bounded(4.0), or_refused(StreamError):
        for at in range(0, min(len(content), step * 4000), step):
            pages += sum(1 for _page in interpreter.feed(content[at : at + step]))
    assert pages <= len(content)


@fuzz(60)
@given(mutated([BLOCK, b"\x80\x20B0", b"", bytes(32), b"\xff" * 32]))
def test_a_status_block_is_read_or_refused(raw: bytes) -> None:
    with bounded(0.5), or_refused(ValueError):
        block = parse_block(raw)
        for name in dir(type(block)):
            if isinstance(getattr(type(block), name), property):
                getattr(block, name)


ANSWERS = [
    _message(version, 7, 0, 0, {oids.SYS_NAME: b"BRW", oids.LIFE_COUNT: 12, oids.STATUS_BLOCK: BLOCK})
    for version in (0, 1)
]


@fuzz(60)
@given(mutated(ANSWERS))
def test_an_answer_is_read_or_refused(message: bytes) -> None:
    with bounded(0.5, 4), or_refused(Unreadable):
        read = read_response(message)
        assert all(isinstance(value, (bytes, int)) or value is None for value in read.values.values())


ALL_OIDS = sorted(value for name, value in vars(oids).items() if name.isupper() and isinstance(value, str))


@fuzz(100)
@given(
    st.dictionaries(
        st.sampled_from(ALL_OIDS),
        st.one_of(st.binary(max_size=400), st.integers(), TEXTS.map(lambda t: t.encode("utf-8", "surrogatepass"))),
    )
)
def test_values_become_an_answer_that_can_be_shown(values: dict[str, Any]) -> None:
    with bounded(0.5, 4):
        found = answer_from(values, "127.0.0.1", version="2c")
    for text in (found.device_id, found.device_descr, found.sys_descr, found.sys_name, found.media_name, found.display):
        assert text == clean(text)
        assert len(text) <= LONGEST
        assert all(c.isprintable() for c in text)


class _Mib:
    @property
    def oids(self) -> list[tuple[int, ...]]:
        return [(1, 3, 6, 1), (1, 3, 6, 2)]

    def value(self, oid: tuple[int, ...]) -> bytes | None:
        return b"\x04\x01x" if oid in self.oids else None


def _question(kind: int) -> bytes:
    whole = ANSWERS[1]
    return whole.replace(b"\xa2", bytes([kind]), 1)


@fuzz(60)
@given(mutated([_question(kind) for kind in (0xA0, 0xA1, 0xA5)]))
def test_a_question_is_answered_or_dropped(message: bytes) -> None:
    with bounded(0.5, 4):
        found = answer(message, b"public", _Mib())
    assert found is None or len(found) < 70_000


def test_the_seeds_are_right() -> None:
    """Otherwise all of these would test refusals only."""
    readers: list[Callable[[], object]] = [
        lambda: read_response(ANSWERS[0]),
        lambda: parse_block(BLOCK),
    ]
    for read in readers:
        assert read()
    for (model_key, medium_key), content in STREAMS.items():
        model = find_model(model_key)
        loaded = load(model, medium_key)
        assert len(list(Interpreter(model, lambda loaded=loaded: loaded).feed(content))) == 4  # type: ignore[misc]
