"""Where labels of a template could go: the printers and pools of a person, and why some of them cannot."""

from dataclasses import dataclass, replace
from uuid import UUID

from django.utils.translation import gettext as _

from jobs.models import Pool
from jobs.pools.choosing import Choice, choose, visible_pools
from printers.callers import Caller
from printers.cards import PrinterCard, printer_cards
from printers.errors import HubError
from printers.lookup import visible_to
from printers.media import find_model, media_for
from templates_app.definition import Definition

# Before the id of a pool, where a printer's could stand.
POOL = "pool:"
# Of printers that could do it, the one whose state is the best is chosen.
LIKING = ("ok", "busy", "ask", "warn", "off", "error")


@dataclass(frozen=True, slots=True)
class PrinterChoice:
    """`reason` says why it is greyed, where its state does not; `disabled` where the label can never come out of it."""

    card: PrinterCard
    reason: str
    disabled: bool
    checked: bool = False


@dataclass(frozen=True, slots=True)
class PoolChoice:
    """`choice` is where the label would go now, None where no printer of the pool can ever print it; `why` says it."""

    pool: Pool
    choice: Choice | None
    why: str
    checked: bool = False

    @property
    def value(self) -> str:
        return f"{POOL}{self.pool.id}"


@dataclass(frozen=True, slots=True)
class Places:
    """At most one of all is checked."""

    pools: list[PoolChoice]
    printers: list[PrinterChoice]

    @property
    def chosen(self) -> UUID | None:
        """The id of the pool or of the printer."""
        pool = next((each.pool.id for each in self.pools if each.checked), None)
        return pool or next((each.card.printer.id for each in self.printers if each.checked), None)

    def gives(self, wanted: str) -> bool:
        """Whether the place that a person chose is the one that is checked: it may have been switched off since."""
        return wanted.removeprefix(POOL) == str(self.chosen)


def places_for(definition: Definition, caller: Caller, wanted: str = "") -> Places:
    """`wanted` is an id; without it, or where that cannot print it, a printer with a fitting tape in it is checked."""
    pools, printers = _pool_choices(definition, caller, wanted), _printer_choices(definition, caller, wanted)
    if any(each.checked for each in pools):
        printers = [replace(choice, checked=False) for choice in printers]
    return Places(pools, printers)


def _pool_choices(definition: Definition, caller: Caller, wanted: str) -> list[PoolChoice]:
    """Every pool of the caller, with the printer to which a label would go now."""
    found = []
    for pool in visible_pools(caller):
        try:
            choice = choose(pool, [definition], caller)
        except HubError as error:
            found.append(PoolChoice(pool, None, error.detail))
        else:
            found.append(PoolChoice(pool, choice, choice.why, checked=wanted.removeprefix(POOL) == str(pool.id)))
    return found


def _printer_choices(definition: Definition, caller: Caller, wanted: str) -> list[PrinterChoice]:
    """Every printer of the caller; the wanted one is checked, else the first that has a tape in it that fits."""
    cards = printer_cards(visible_to(caller).select_related("site", "status"))
    choices = [_choice(card, definition) for card in cards]
    named = _uuid(wanted)
    best = next((c for c in choices if c.card.printer.id == named and not c.disabled), None)
    if best is None:
        able = [c for c in choices if not c.disabled]
        best = min(able, key=lambda c: (bool(c.reason), LIKING.index(c.card.words.tone)), default=None)
    order = sorted(choices, key=lambda c: (c is not best, c.disabled, bool(c.reason)))
    return [PrinterChoice(c.card, c.reason, c.disabled, checked=c is best) for c in order]


def _choice(card: PrinterCard, definition: Definition) -> PrinterChoice:
    printer = card.printer
    if not printer.enabled or printer.config_error:
        # That it is off stands beside it anyway.
        return PrinterChoice(card, card.words.action, disabled=True)
    if card.medium is not None and definition.takes(card.medium):
        return PrinterChoice(card, "", disabled=False)
    try:
        able = any(definition.takes(medium) for medium in media_for(find_model(printer.model)))
    except HubError as error:
        return PrinterChoice(card, error.detail, disabled=True)
    if not able:
        return PrinterChoice(card, _("It cannot take a tape that this template is for."), disabled=True)
    if card.medium is None:
        return PrinterChoice(card, _("Which tape is in it is not known."), disabled=False)
    return PrinterChoice(
        card, _("Another tape is in it: the label waits until the right one is inserted."), disabled=False
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
