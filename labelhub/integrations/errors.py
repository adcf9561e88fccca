from printers.errors import Conflict, HubError, NotFound


class UnknownIntegration(NotFound):
    code = "unknown-integration"


class UnknownItem(NotFound):
    """The other app has no such thing."""

    code = "unknown-item"


class IntegrationFailed(HubError):
    """The other app is away, slow, refuses us, or answers with what nobody can read."""

    code = "integration-failed"


class IntegrationBusy(HubError):
    """As many requests as may wait for it are waiting already."""

    code = "integration-busy"


class AlreadyReceived(Conflict):
    """A webhook's id came a second time, with another body."""

    code = "already-received"
