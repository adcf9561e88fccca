"""What can be made to go wrong, by name."""

import difflib
from dataclasses import dataclass

FAULTS = {
    "off": "switched off: connections are refused or reset, SNMP is silent",
    "unreachable": "unplugged from the network: no packet is answered, connections freeze",
    "refuse": "port 9100 refuses, SNMP answers",
    "hang": "accepts a connection and reads nothing",
    "zero-window": "accepts a connection with the smallest window and never opens it",
    "slow": "reads =N bytes a second (1000)",
    "reset": "resets the connection after =N bytes (200)",
    "half-close": "closes its side after the first bytes, swallows the rest and prints nothing",
    "cover-open": "the cover is open: nothing prints, the media are not known",
    "no-media": "nothing is loaded",
    "tape-out": "the media end after =N mm (0)",
    "wrong-media": "other media are loaded, =KEY (a neighbour of what was there)",
    "jam": "the cutter is jammed",
    "power-off": "loses its power in the middle of the next label",
    "holds-pages": "keeps each page of a strip back until the next one comes",
    "snmp-off": "SNMP is silent",
    "snmp-garbage": "SNMP answers are broken, =truncated, =huge, =spoofed, =random, =short or =hostile (in turn)",
    "snmp-lies": "SNMP says idle and well, always",
}
GARBAGE = ("truncated", "huge", "spoofed", "random", "short", "hostile")
NUMBERS = {"slow": 1000.0, "reset": 200.0, "tape-out": 0.0}
WITH_TEXT = ("wrong-media", "snmp-garbage")


@dataclass(frozen=True, slots=True)
class Fault:
    name: str
    number: float = 0.0
    text: str = ""


def parse_fault(mode: str) -> Fault:
    """`hang`, `reset=500`, `wrong-media=tze:24`; raises ValueError with a sentence for anything else."""
    name, _, argument = mode.strip().partition("=")
    if name not in FAULTS:
        near = difflib.get_close_matches(name, FAULTS, 1, 0.5)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise ValueError(f"There is no fault called “{name}”.{hint} The faults are {', '.join(FAULTS)}.")
    if name in NUMBERS:
        return Fault(name, number=_number(name, argument) if argument else NUMBERS[name])
    if argument and name not in WITH_TEXT:
        raise ValueError(f"The fault {name} takes nothing after “=”.")
    if name == "snmp-garbage" and argument and argument not in GARBAGE:
        raise ValueError(f"SNMP garbage is one of {', '.join(GARBAGE)}, not “{argument}”.")
    return Fault(name, text=argument)


def _number(name: str, argument: str) -> float:
    try:
        number = float(argument)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise ValueError(f"The fault {name} takes a number from 0 on, not “{argument}”.")
    return number
