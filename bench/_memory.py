"""The most memory that this process has had."""

from pathlib import Path


def peak_mb() -> float:
    """The highest resident size since this program began, in MB (1,000,000 bytes), as Linux has it in /proc.

    `ru_maxrss` would not do: a process that another one has started begins with what that one had (getrusage(2)).
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    [kib] = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(kib) * 1024 / 1e6
