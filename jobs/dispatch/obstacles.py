"""Why a label cannot go to its printer now, each with what becomes of the job. All of them before the first byte."""


class Obstacle(Exception):
    """`message` is the sentence that the job shows."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class TurnLost(Obstacle):
    """The lease is over, or the job was canceled: nothing more may be done for it here."""


class PrinterNeedsSomebody(Obstacle):
    """The device says so itself: the job goes back to waiting, the printer is stopped until it is ready."""

    def __init__(self, message: str, reasons: tuple[str, ...]) -> None:
        super().__init__(message)
        self.reasons = reasons


class PrinterNotReachable(Obstacle):
    """Tried again after a while; `silent` where it did not answer by SNMP either."""

    def __init__(self, message: str, *, silent: bool) -> None:
        super().__init__(message)
        self.silent = silent


class HubStopping(Obstacle):
    """This process is asked to end: the job is for the next one."""


class PrinterBusy(Obstacle):
    """It prints for somebody else."""


class OtherMediaNeeded(Obstacle):
    """The job waits for its tape; other jobs may go on."""


class ImageNotKept(Obstacle):
    """The artifact store cannot be written; the job waits."""


class Expired(Obstacle):
    """It was to be printed by an instant that is over."""


class CannotPrint(Obstacle):
    """This label can never be printed like this."""
