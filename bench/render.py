"""Fields into dots, into findings, and on into printer bytes: processor time on one core. `python -m bench.render`.

The values differ from label to label, so that no cache of symbols answers; fonts and definitions are warm, as in a hub.
"""

import multiprocessing
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import django

from bench import Row
from bench._memory import peak_mb
from printers.drivers import PrintOptions, driver_for
from printers.media import canvas_for, find_medium, find_model
from templates_app.definition import Definition, fingerprint, parse
from templates_app.lint import lint
from templates_app.rendering import Rendering, render, resolve

LABELS = 1000
NOW = datetime(2026, 11, 21, tzinfo=UTC)
# Measured on this class of machine: the hub that LabelHub follows renders the same label so fast.
EXISTING_HUB_MS = 4.2


def _text(name: str, size: float, **more: Any) -> dict[str, Any]:
    return {"kind": "text", "name": name, "text": f"{{{name}}}", "size": size, **more}


def _template(medium: str, texts: list[dict[str, Any]], **more: Any) -> Definition:
    fields = [{"name": t["name"]} for t in texts if t["kind"] == "text"] + [{"name": "url", "type": "url"}]
    words = {
        "kind": "group",
        "name": "words",
        "direction": "column",
        "gap": 0.4,
        "justify": "center",
        "elements": texts,
    }
    code = {"kind": "barcode", "name": "code", "value": "{url}", "max_module": 0.7}
    row = {"kind": "group", "name": "row", "gap": 1.5, "elements": [code, words]}
    return parse({"key": "bench", "title": "Bench", "media": medium, "fields": fields, "elements": [row], **more})


TAPE = _template("tze:12", [_text("a", 2.2, style="bold"), _text("b", 1.7), _text("c", 1.7)])
LABEL = _template(
    "dk:62x29",
    [
        _text("a", 2.8, style="bold"),
        {"kind": "line", "name": "rule"},
        _text("b", 2.2),
        _text("c", 2.2),
        _text("d", 2.2),
    ],
    orientation="across",
    padding=1.5,
)
TARGETS = {"tze:12": find_model("pt-p750w"), "dk:62x29": find_model("ql-820nwb")}


def values(n: int) -> dict[str, str]:
    return {
        "a": f"Bench drill {n}", "b": f"A-{10_000 + n}", "c": f"Workshop, bay {n % 97}", "d": f"Checked by {n * 7919}",
        "url": f"https://inv.invalid/a/{100_000 + n}",
    }  # fmt: skip


def rows() -> list[Row]:
    return [
        _row(
            "render 12 mm QR + 3 lines", "the existing hub, as measured", EXISTING_HUB_MS, _rendering(TAPE), "≤ 1.0 ms"
        ),
        _row("render + encode 12 mm QR + 3 lines", "", None, _encoding(TAPE), "≤ 1.5 ms"),
        _row("render 62 × 29 mm with QR, 4 texts, line", "", None, _rendering(LABEL), "≤ 2.0 ms"),
        _row("render + lint + encode 1,000 rows, 12 mm, each", "", None, _linting(TAPE), "≤ 5 ms"),
        _row("render + lint + encode 1,000 rows, 62 × 29, each", "", None, _linting(LABEL), "≤ 5 ms"),
        Row("both, 1,000 rows: memory above the first 100", "", None, _growth(), "MB", "≤ 10 MB"),
        _row("diff of 1,000 templates against 1,000", "", None, _diffing(1000, changed=False), "≤ 100 ms", labels=7),
        _row("the same, each changed", "", None, _diffing(1000, changed=True), "≤ 100 ms", labels=7),
    ]


def _one(definition: Definition, n: int) -> tuple[Rendering, Any]:
    canvas = canvas_for(TARGETS[definition.media_title], find_medium(definition.media_title))
    found = resolve(definition, {name: text for name, text in values(n).items() if definition.field(name)})
    return render(definition, found, canvas, now=NOW), found


def _rendering(definition: Definition) -> Callable[[int], object]:
    return lambda n: _one(definition, n)


def _encoding(definition: Definition) -> Callable[[int], object]:
    model, medium = TARGETS[definition.media_title], find_medium(definition.media_title)
    driver = driver_for(model)
    return lambda n: driver.encode([_one(definition, n)[0].raster], model, medium, PrintOptions())


def _linting(definition: Definition) -> Callable[[int], object]:
    model, medium = TARGETS[definition.media_title], find_medium(definition.media_title)
    driver = driver_for(model)

    def run(n: int) -> object:
        rendering, found = _one(definition, n)
        findings = lint(rendering, definition, found)
        return findings, driver.encode([rendering.raster], model, medium, PrintOptions())

    return run


def _growth() -> float:
    """MB; in a process of its own, whose caches are empty."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_grown)


def _grown() -> float:
    before, runs = 0.0, [_linting(TAPE), _linting(LABEL)]
    for n in range(LABELS):
        if n == 100:
            before = peak_mb()
        for run in runs:
            run(n)
    return peak_mb() - before


def _diffing(count: int, *, changed: bool) -> Callable[[int], object]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labelhub.settings")
    django.setup()
    # Its package has models, which want Django set up.
    from templates_app.registration.diff import Known, diff

    definitions = [TAPE.model_copy(update={"key": f"bench-{n}"}) for n in range(count)]
    known = {d.key: Known(fingerprint(d), lambda d=d: d) for d in definitions}  # type: ignore[misc]
    wanted = [d.model_copy(update={"padding": 2.0}) for d in definitions] if changed else definitions
    return lambda _: diff(wanted, known)


def _row(
    work: str, peer_name: str, peer: float | None, run: Callable[[int], object], target: str, *, labels: int = LABELS
) -> Row:
    for n in range(min(labels, 20)):
        run(n)
    started = time.process_time()
    for n in range(labels):
        run(1000 + n)
    return Row(work, peer_name, peer, (time.process_time() - started) * 1000 / labels, "ms", target)


if __name__ == "__main__":
    for row in rows():
        print(f"{row.work:45} {row.ours:7.2f} {row.unit}   {row.target}")
