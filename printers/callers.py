"""Who asks: a person in a browser, a script with a token, or the hub itself."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from printers.models import Printer, UserLimit


@dataclass(frozen=True, slots=True)
class Caller:
    """`label` is what histories show; `printer_ids` empty means every printer."""

    label: str
    user_id: int | None = None
    token_id: UUID | None = None
    address: str = ""
    scopes: frozenset[str] = frozenset()
    printer_ids: frozenset[UUID] = field(default_factory=frozenset)

    def may_use(self, printer_id: UUID) -> bool:
        return not self.printer_ids or printer_id in self.printer_ids

    @property
    def manages_everything(self) -> bool:
        # Somebody who is limited to some printers would not even see a new one.
        return "manage" in self.scopes and not self.printer_ids

    @property
    def key(self) -> str:
        """What tells one client from another: the scope of an Idempotency-Key."""
        return f"token:{self.token_id}" if self.token_id else f"user:{self.user_id}"


HUB = Caller(label="hub", scopes=frozenset({"read", "print", "design", "manage", "admin"}))
# Stands for “not one printer”, because an empty set means all of them.
NO_PRINTER = frozenset({UUID(int=0)})


def caller_of(request: Any) -> Caller:
    """The caller whom the front door attached to an API request, or the signed-in person of a page."""
    auth = getattr(request, "auth", None)
    if isinstance(auth, Caller):
        return auth
    person: Caller | None = getattr(request, "person", None)
    if person is None:
        user = request.user
        person = request.person = Caller(
            label=user.get_username(),
            user_id=user.pk,
            address=request.META.get("REMOTE_ADDR", ""),
            scopes=frozenset(user.scopes),
            printer_ids=printers_of(user),
        )
    return person


def printers_of(user: Any) -> frozenset[UUID]:
    """The printers to which a person is limited; empty: all of them."""
    if user.is_superuser:
        return frozenset()
    limits = list(UserLimit.objects.filter(user=user).values_list("site", "printer"))
    if not limits:
        return frozenset()
    sites = [site for site, _printer in limits if site is not None]
    found = {printer for _site, printer in limits if printer is not None}
    if sites:
        found |= set(Printer.objects.filter(site__in=sites).values_list("id", flat=True))
    return frozenset(found) or NO_PRINTER


def both(one: frozenset[UUID], other: frozenset[UUID]) -> frozenset[UUID]:
    """The printers that two limits leave, where an empty one leaves all."""
    if not one or not other:
        return one or other
    return one & other or NO_PRINTER
