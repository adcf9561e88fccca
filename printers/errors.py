"""What can go wrong, as sentences for the person who reads them. The front door maps each class to an HTTP status."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an input: a JSON pointer (RFC 6901) into it, and a sentence."""

    pointer: str
    message: str


@dataclass
class HubError(Exception):
    """The root of every error that a person or script may see; `code` is stable, `detail` is a sentence."""

    detail: str
    problems: list[Problem] = field(default_factory=list)
    extra: dict[str, object] = field(default_factory=dict)
    code = "error"

    def __str__(self) -> str:
        return self.detail


class InvalidInput(HubError):
    """What came in does not fit; nothing was done."""

    code = "invalid"


class NotFound(HubError):
    code = "not-found"


class Forbidden(HubError):
    code = "forbidden"


class Conflict(HubError):
    """True as such, but not in the present state."""

    code = "conflict"


class UnknownPrinter(NotFound):
    code = "unknown-printer"


class AmbiguousPrinter(Conflict):
    """A bare handle that several sites have."""

    code = "ambiguous-printer"


class UnknownModel(InvalidInput):
    code = "unknown-model"


class UnknownMedium(InvalidInput):
    code = "unknown-medium"


class MediumDoesNotFit(InvalidInput):
    """This model cannot take that medium, or the image does not fill its print head exactly."""

    code = "medium-does-not-fit"


class OptionNotSupported(InvalidInput):
    code = "option-not-supported"


class HandleTaken(Conflict):
    code = "handle-taken"


class AddressRefused(InvalidInput):
    """A host or port that no printer may have (printers/networks.py)."""

    code = "address-refused"


class TransportError(HubError):
    """The connection to a printer failed; `sent` says whether a byte may have left."""

    code = "printer-unreachable"
    sent = False
