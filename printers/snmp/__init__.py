"""What devices say by SNMP: the only place that knows an OID.

`read`, `read_here` and `quick_read` are for callers in any thread; `read_many` is for a sweep. None of them raises for
anything that a device or the network does: an Answer says what was heard, or what was wrong and how to put it right.
"""

from printers.snmp.answers import Answer, Target
from printers.snmp.asking import QUICK, quick_read, read, read_all, read_here, read_many

__all__ = ["QUICK", "Answer", "Target", "quick_read", "read", "read_all", "read_here", "read_many"]
