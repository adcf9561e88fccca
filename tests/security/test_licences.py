"""What runs beside the hub may be given away with it: every locked package says so in its own metadata."""

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCKED = [ROOT / f"requirements{extra}.txt" for extra in ("", "-sentry", "-telemetry")]
PERMISSIVE = re.compile(
    r"\b(MIT|MIT-CMU|BSD|0BSD|Apache|ISC|HPND|PSF|Python Software Foundation|Unlicense|Zlib|CNRI|Public Domain|WTFPL)\b"
    r"|^BSD-\d",
    re.IGNORECASE,
)
# Copyleft that ends at the package's own files, which the hub imports and does not change.
FILE_LEVEL = re.compile(r"\b(MPL|Mozilla|LGPL|Lesser General Public)", re.IGNORECASE)
NAMED = {"psycopg", "psycopg-binary", "psycopg-pool", "certifi", "mozilla-django-oidc"}
# The licence itself, where the metadata do not name it.
BSD = "Redistribution and use in source and binary forms, with or without modification, are permitted"


def locked() -> list[str]:
    text = "\n".join(path.read_text() for path in LOCKED)
    return sorted(set(re.findall(r"^([A-Za-z0-9_.-]+)(?:\[[^]]*\])?==", text, re.MULTILINE)))


def said(name: str) -> str | None:
    try:
        found = distribution(name)
    except PackageNotFoundError:
        # Locked for another system.
        return None
    if expression := found.metadata["License-Expression"]:
        return str(expression)
    classifiers = [each for each in found.metadata.get_all("Classifier") or [] if each.startswith("License ::")]
    named = [each.rpartition("::")[2].strip() for each in classifiers if not each.endswith("OSI Approved")]
    # Some put the whole text there.
    return "; ".join(named) or (found.metadata["License"] or "").strip().split("\n")[0] or _by_its_text(found)


def _by_its_text(found: Distribution) -> str:
    for file in found.files or []:
        if "licen" in file.name.lower():
            text = " ".join(Path(str(file.locate())).read_text(errors="replace").split())
            return "BSD" if BSD in text else text[:80]
    return ""


def test_every_licence_goes_with_ours() -> None:
    names = locked()
    wrong, seen = {}, 0
    for name in names:
        licence = said(name)
        if licence is None:
            continue
        seen += 1
        if not (PERMISSIVE.search(licence) or (name.lower() in NAMED and FILE_LEVEL.search(licence))):
            wrong[name] = licence
    assert wrong == {}
    assert seen > len(names) // 2


def test_the_check_can_fail() -> None:
    for licence in ("GPL-3.0-only", "GNU Affero General Public License v3", "Proprietary", ""):
        assert not PERMISSIVE.search(licence)
