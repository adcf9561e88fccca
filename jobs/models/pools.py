from django.db import models
from django.utils import timezone

from jobs.models.ids import time_ordered_id
from printers.models import Printer, Site


class Pool(models.Model):
    """Printers that stand in for each other: a label goes to the one of them that can print it soonest.

    Its members are those named, and with `every_printer` all of its site, of one `family` where that is given. The
    medium and the colours, where given, have to be loaded in a printer before a label of the pool comes out of it.
    """

    id = models.UUIDField(primary_key=True, default=time_ordered_id, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="pools")
    name = models.SlugField(max_length=100)
    medium = models.CharField(max_length=40, blank=True, default="")
    tape_color = models.CharField(max_length=32, blank=True, default="")
    text_color = models.CharField(max_length=32, blank=True, default="")
    every_printer = models.BooleanField(default=True)
    family = models.CharField(max_length=16, blank=True, default="")
    printers = models.ManyToManyField(Printer, through="PoolMember", related_name="pools", blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("site__key", "name")
        constraints = (models.UniqueConstraint(fields=("site", "name"), name="pool_name_unique_per_site"),)

    def __str__(self) -> str:
        return self.path

    @property
    def path(self) -> str:
        return f"{self.site.key}/{self.name}"


class PoolMember(models.Model):
    """A printer that belongs to a pool by name."""

    pool = models.ForeignKey(Pool, on_delete=models.CASCADE, related_name="members")
    printer = models.ForeignKey(Printer, on_delete=models.CASCADE, related_name="pool_memberships")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("pool", "printer"), name="pool_member_once"),)

    def __str__(self) -> str:
        return f"{self.pool_id}: {self.printer_id}"
