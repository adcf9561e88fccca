"""The only socket that prints: TCP to a printer's port 9100, and the evidence of what got there."""

from printers.transport.connecting import connect
from printers.transport.connection import Connection, Sent, failure

__all__ = ["Connection", "Sent", "connect", "failure"]
