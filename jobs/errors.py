from printers.errors import Conflict, HubError, InvalidInput, NotFound


class UnknownJob(NotFound):
    code = "unknown-job"


class UnknownBatch(NotFound):
    code = "unknown-batch"


class UnknownPool(NotFound):
    code = "unknown-pool"


class PoolTaken(Conflict):
    """Another pool of the site has the name."""

    code = "pool-taken"


class NotAllowed(Conflict):
    """The table of moves forbids it in the job's present state."""

    code = "not-allowed"


class OutcomeUnknown(Conflict):
    """Of some labels nobody has said yet whether they came out; `extra` names their jobs in `unknown`."""

    code = "outcome-unknown"


class PrinterNotUsable(Conflict):
    """The printer is switched off in the hub or wrongly configured: a job for it could never print."""

    code = "printer-not-usable"


class LabelNotReadable(InvalidInput):
    """The label can be drawn, but what is on it cannot be read back; `problems` say what and where."""

    code = "label-not-readable"


class DuplicateValue(InvalidInput):
    """Labels of one batch share a value of which the template wants one each."""

    code = "duplicate-value"


class TooMuchTape(InvalidInput):
    """The labels would take more tape than a person or the hub allows; `extra` has `tape_mm`."""

    code = "too-much-tape"


class UnusableKey(InvalidInput):
    """An Idempotency-Key that is empty, too long, or not printable."""

    source = "header"


class IdempotencyMismatch(InvalidInput):
    """The same Idempotency-Key came with another body."""

    code = "idempotency-mismatch"
    source = "header"


class IdempotencyInFlight(Conflict):
    code = "idempotency-in-flight"


class ArtifactUnusable(HubError):
    """A file of the artifact store cannot be read, written or believed; the sentence names it."""

    code = "artifact-unusable"
