"""Which sentences of the rooms can reach a page, read from their source: what `sentences.po` has to have.

A sentence is text that ends as one does, or that is raised; a value in it is `{}`. `python -m tests.pages.sentences`
brings the catalog in step: what is new is added without a translation, what is gone goes.
"""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
CATALOG = ROOT / "labelhub/locale/de/LC_MESSAGES/sentences.po"
ROOMS = ("health", "jobs", "labelhub", "printers", "templates_app")
# What these say is read by scripts, in logs, at a terminal or in the API's description, never on a page.
ELSEWHERE = re.compile(
    r"/(migrations|management|openapi|emulator|metrics|legacy|schemas|webhooks)/|/(schemas|api|wire|admin)\.py"
    r"|labelhub/integrations/(configuration|receiving|verifying|\w+/webhook|webhook/__init__)\.py"
    r"|labelhub/(?!accounts|tokens|preferences)[^/]+\.py|jobs/failpoints\.py|printers/(configuration|reconcile|normalise|paging)\.py"
)
BACK_AGAIN = re.compile(r"labelhub/legacy/(translate|devices|ledger)\.py|labelhub/webhooks/targets\.py")
TRANSLATED = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext"}
LOGS = {"log", "logger"}
END = re.compile(r"(?<=[.!?])(?: (?=\S)|$)|^\{\} (?=[A-Z])")
# What is called with a sentence, which need not have its full stop yet.
TOLD = re.compile(r"Error$|^Problem$|^Finding$|^Entry$|^Invalid|^No[A-Z]|^Unknown")
WORDS = re.compile(r"[a-z]{2,}")
# What stands inside sentences instead of a value.
FRAGMENTS = (
    *("{} mm tape", "{} mm roll", "{} mm roll, black/red", "{} × {} mm labels", "{} mm round labels"),
    *("{} mm heat-shrink tube 2:1", "{} mm heat-shrink tube 3:1"),
    *("{} mm tape, {} on {}", "white", "black", "red", "blue", "yellow", "green", "clear", "gold"),
    *("no media", "end of media", "cutter jam", "weak batteries", "printer in use", "printer turned off"),
    *("high-voltage adapter", "fan motor error", "wrong media", "expansion buffer full", "communication error"),
    *("cover open", "overheating", "media cannot be fed", "system error", "unnamed error"),
    *("text", "barcode", "image", "line", "box", "group", "flag", "title", "description", "height", "width"),
    # What a person may ask for of a job, and how that is (jobs/states.py).
    *("hold", "release", "cancel", "say what became of", "change the priority of", "move"),
    *("it is waiting for its turn", "it is held", "it is being printed: data may have gone to the printer"),
    *("nobody knows whether its label came out; say first whether it did", "it is completed", "it is canceled"),
    "it was given up",
    # Of pydantic, about a definition.
    *("Input should be a valid {}", "Input should be {}", "Input should be greater than or equal to {}"),
    *("Input should be less than or equal to {}", "Input should be greater than {}", "Input should be less than {}"),
    *("String should have at most {} characters", "String should have at least {} characters", "Field required"),
    *("String should match pattern {}", "Input should be a valid number, unable to parse string as a number"),
    *(
        "List should have at most {} items after validation, not {}",
        "Input should be a valid integer, unable to parse string as an integer",
    ),
)


def wanted() -> set[str]:
    found = set(FRAGMENTS)
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not ELSEWHERE.search(name) or BACK_AGAIN.search(name):
                found.update(sentences_of(path.read_text(encoding="utf-8")))
    return found


def sentences_of(source: str) -> Iterator[str]:
    tree = ast.parse(source)
    left_out = set(_left_out(tree))
    raised = set(_raised(tree))
    for node in ast.walk(tree):
        if id(node) not in left_out and (text := _text(node)) is not None:
            yield from _sentences(text)
            if id(node) in raised and _worded(text):
                yield from ([] if END.search(text) else [text.strip()])


def _left_out(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield id(node.value)  # a docstring
        elif isinstance(node, ast.JoinedStr):
            yield from (id(part) for part in node.values if isinstance(part, ast.Constant))
        elif isinstance(node, ast.Call) and _for_others(node.func):
            yield from (id(inner) for inner in ast.walk(node))


def _raised(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and TOLD.search(node.func.id):
            yield from (id(argument) for argument in node.args)


def _for_others(called: ast.expr) -> bool:
    if isinstance(called, ast.Name):
        return called.id in TRANSLATED
    return isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id in LOGS


def _text(node: ast.AST) -> str | None:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.sub(r"\{\w+\}", "{}", node.value)
    return None


def _sentences(text: str) -> Iterator[str]:
    if "\n" in text:
        return
    begun = 0
    for end in END.finditer(text):
        sentence = text[begun : end.start()].strip()
        begun = end.end()
        if _worded(sentence):
            yield sentence


def _worded(text: str) -> bool:
    return " " in text and "\n" not in text and len(WORDS.findall(text)) > 1


def entries(path: Path) -> dict[str, str]:
    """msgid → msgstr of a catalog whose entries are one line each."""
    pairs = re.findall(r'^msgid "(.+)"\nmsgstr "(.*)"$', path.read_text(encoding="utf-8"), re.MULTILINE)
    return {_unescaped(key): _unescaped(text) for key, text in pairs}


def _unescaped(text: str) -> str:
    return text.replace('\\"', '"').replace("\\\\", "\\")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


HEAD = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Language: de\\n"
"""


def main() -> None:
    known = entries(CATALOG) if CATALOG.exists() else {}
    lines = [HEAD]
    for key in sorted(wanted()):
        lines.append(f'msgid "{_escaped(key)}"\nmsgstr "{_escaped(known.get(key, ""))}"\n')
    CATALOG.write_text("\n".join(lines), encoding="utf-8")
    subprocess.run(["msgfmt", "--check", "-o", CATALOG.with_suffix(".mo"), CATALOG], check=True)
    missing = [key for key in wanted() if not known.get(key)]
    print(f"{len(missing)} of {len(wanted())} have no translation in {CATALOG.relative_to(ROOT)}")  # noqa: T201


if __name__ == "__main__":
    main()
