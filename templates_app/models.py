from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils import timezone


class TemplateQuerySet(models.QuerySet["Template"]):
    def usable(self) -> "TemplateQuerySet":
        return self.filter(removed_at=None, current__isnull=False).select_related("current")


class Template(models.Model):
    """A label design under a stable key; what it looks like now is its current version."""

    class Source(models.TextChoices):
        BUILTIN = "builtin"
        REGISTERED = "registered"
        IMPORTED = "imported"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    key = models.SlugField(max_length=120, unique=True)
    title = models.CharField(max_length=200)
    source = models.CharField(max_length=16, choices=Source.choices, default=Source.REGISTERED)
    current = models.ForeignKey("TemplateVersion", on_delete=models.PROTECT, null=True, related_name="+")
    removed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = TemplateQuerySet.as_manager()

    class Meta:
        ordering = ("title",)

    def __str__(self) -> str:
        return self.title


class TemplateVersion(models.Model):
    """An immutable definition: jobs point here, so history shows what was really printed."""

    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    sha256 = models.CharField(max_length=64)
    diff = models.JSONField(default=list)
    origin = models.CharField(max_length=120, blank=True, default="")
    created_by = models.CharField(max_length=160, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("template", "-number")
        constraints = (models.UniqueConstraint(fields=("template", "number"), name="template_version_once"),)

    def __str__(self) -> str:
        return f"{self.template_id} v{self.number}"


class Preset(models.Model):
    """Field values under a name."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    # None: values from an older hub, which kept them for no template in particular.
    template = models.ForeignKey(Template, on_delete=models.CASCADE, null=True, related_name="presets")
    name = models.CharField(max_length=120)
    values = models.JSONField(default=dict)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("template", "name"), name="preset_name_once"),)

    def __str__(self) -> str:
        return self.name


class LastValues(models.Model):
    """What a person printed last with a template, to begin with it again."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="+")
    values = models.JSONField(default=dict)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "template"), name="last_values_once"),)

    def __str__(self) -> str:
        return f"{self.user_id}: {self.template_id}"


class Favourite(models.Model):
    """A template that a person wants to find first."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "template"), name="favourite_once"),)

    def __str__(self) -> str:
        return f"{self.user_id}: {self.template_id}"


class TemplateDraft(models.Model):
    """A definition that a person is at work on, right or wrong; nobody else sees it before it is registered."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    # Of the template that it changes, or of a new one.
    key = models.CharField(max_length=120)
    # The fingerprint of the version that it began with; empty for a new template.
    base = models.CharField(max_length=64, blank=True, default="")
    # The step that is shown: going back moves it, a change drops those after it.
    at = models.PositiveIntegerField(default=0)
    # Values for the preview instead of the fields' examples, and the medium that it is shown on.
    examples = models.JSONField(default=dict)
    medium = models.CharField(max_length=40, blank=True, default="")
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("owner", "key"), name="template_draft_once"),)

    def __str__(self) -> str:
        return f"{self.owner_id}: {self.key}"


class DraftStep(models.Model):
    """What a draft was after a change. `text` is what was typed as text; empty where forms were used."""

    draft = models.ForeignKey(TemplateDraft, on_delete=models.CASCADE, related_name="steps")
    number = models.PositiveIntegerField()
    # The last readable state, which is what `text` says where that can be read.
    document = models.JSONField()
    text = models.TextField(blank=True, default="")
    # Where the change was: changes at one place that follow each other closely are one step.
    place = models.CharField(max_length=200, blank=True, default="")
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("draft", "number")
        constraints = (models.UniqueConstraint(fields=("draft", "number"), name="draft_step_once"),)

    def __str__(self) -> str:
        return f"{self.draft_id}, step {self.number}"


class Counter(models.Model):
    """A serial number that survives everything: `value` is the last one given out."""

    name = models.CharField(max_length=120, unique=True)
    value = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)
    # The latest times that somebody set it anew, to be shown; the log has all of them.
    resets = models.JSONField(null=True)

    def __str__(self) -> str:
        return f"{self.name}: {self.value}"


class UploadedTable(models.Model):
    """A table on its way to labels: it lives from its upload to its batch, or until it expires."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=200, blank=True, default="")
    kind = models.CharField(max_length=8)
    notes = models.JSONField(default=list)
    # Names of the columns; where `has_names`, they are the first row as well.
    columns = models.JSONField(default=list)
    has_names = models.BooleanField(default=True)
    # Field name → number of its column. None: nobody has looked at it yet.
    mapping = models.JSONField(null=True)
    decimal = models.CharField(max_length=1, default=".")
    order = models.CharField(max_length=3, default="dmy")
    # The id of a printer or of a pool: a higher room's choice, this room knows neither.
    printer = models.UUIDField(null=True)
    # What the verdicts of its rows were found for; another version, model or tape may give others.
    proven_for = models.CharField(max_length=64, blank=True, default="", db_default="")
    # What a person confirmed, until every label is checked and queued; and when that was: labels may show it.
    wish = models.JSONField(null=True)
    moment = models.DateTimeField(null=True)
    # Where its labels went: {"batch": …} or, of a single one, {"job": …}.
    printed = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.name or str(self.id)


class KeptWorkbook(models.Model):
    """A workbook with several sheets, so that another one can be read without a second upload."""

    table = models.OneToOneField(UploadedTable, on_delete=models.CASCADE, primary_key=True, related_name="workbook")
    sheets = models.JSONField(default=list)
    sheet = models.CharField(max_length=200)
    data = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.table_id}: {self.sheet}"


class TableRow(models.Model):
    """A row as it was read, and what a person changed in it. `number` is the spreadsheet's."""

    table = models.ForeignKey(UploadedTable, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()
    cells = models.JSONField()
    problems = models.JSONField(default=list)
    changes = models.JSONField(default=dict)
    skipped = models.BooleanField(default=False)
    # "" until the label was drawn; then error, warning or ok.
    verdict = models.CharField(max_length=8, blank=True, default="")
    findings = models.JSONField(default=list)
    tape_mm = models.FloatField(default=0)
    # The row that has the same value where each label needs its own.
    twin = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ("table", "number")
        constraints = (models.UniqueConstraint(fields=("table", "number"), name="table_row_once"),)

    def __str__(self) -> str:
        return f"{self.table_id}, row {self.number}"


class ColumnMemory(models.Model):
    """Which columns a person gave to which fields of a template, by the columns' names without case and accents."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="+")
    columns = models.JSONField(default=dict)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "template"), name="column_memory_once"),)

    def __str__(self) -> str:
        return f"{self.user_id}: {self.template_id}"


class HousePicture(models.Model):
    """A picture for all templates, stored once. Neither its bytes nor its name ever belong to another."""

    name = models.SlugField(max_length=40, unique=True)
    sha256 = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=8)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.PositiveIntegerField()
    data = models.BinaryField()
    added_by = models.CharField(max_length=160, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # The last day that a label had it as a value, or nearly.
    used_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Font(models.Model):
    """A font of the house. Its bytes never change under its name, so that old labels can be drawn again alike."""

    name = models.SlugField(max_length=40, unique=True)
    title = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    data = models.BinaryField()
    added_by = models.CharField(max_length=160, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
