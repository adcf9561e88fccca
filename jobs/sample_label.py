"""The label that says whether a printer prints: the examples of a built-in template for the tape that is loaded."""

from jobs.submission import Accepted, Request, submit
from printers.callers import Caller
from printers.errors import Conflict
from printers.media import find_model, media_for
from printers.models import Printer
from printers.status import loaded_medium
from templates_app.catalog import definition_of
from templates_app.definition import Definition
from templates_app.models import Template
from templates_app.rendering import examples


class NoTestLabel(Conflict):
    """No built-in template is for what this printer has loaded."""

    code = "no-test-label"


def print_sample(printer: Printer, caller: Caller) -> Accepted:
    """Queue one. Raises NoTestLabel, and what submit raises."""
    for template in Template.objects.usable().filter(source=Template.Source.BUILTIN).order_by("key"):
        if template.current is None:
            continue
        definition = definition_of(template.current)
        if _suits(definition, printer):
            wanted = Request(printer=str(printer.id), template=template.key, rows=[examples(definition)])
            return submit(wanted, caller)
    raise NoTestLabel(f"No built-in template is for the tape of {printer.title}. Print one of your own.")


def _suits(definition: Definition, printer: Printer) -> bool:
    """Whether it is for what is loaded; for a printer that cannot tell, whether its model takes it at all."""
    loaded = loaded_medium(printer, getattr(printer, "status", None))
    if loaded is not None:
        return definition.takes(loaded)
    return any(definition.takes(medium) for medium in media_for(find_model(printer.model)))
