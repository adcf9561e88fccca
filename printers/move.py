"""A printer under a new id, with its whole history."""

from uuid import UUID

from django.db import connection, models

from printers.models import Printer


def relations_to_printer() -> list[tuple[type[models.Model], str, bool]]:
    """Every model that points at a printer: (model, name of its foreign key, whether a printer has one at most)."""
    found = []
    for relation in Printer._meta.get_fields(include_hidden=True):
        if isinstance(relation, models.ManyToOneRel) and not relation.related_model._meta.proxy:
            found.append((relation.related_model, relation.field.attname, bool(relation.field.unique)))
    return found


def move_printer(old_id: UUID, new_id: UUID) -> None:
    """Give a printer another id, with all that points at it, in set-based statements; inside a transaction.

    Foreign keys are checked at commit, so dependants move first and the primary key last. Where a printer with the new
    id exists already the two become one, and of what a printer has only once the newer row's stays.
    """
    merging = Printer.objects.filter(id=new_id).exists()
    for model, column, once in relations_to_printer():
        rows = model._base_manager.filter(**{column: old_id})
        if once and merging and model._base_manager.filter(**{column: new_id}).exists():
            rows.delete()
            continue
        _drop_duplicates(model, column, old_id, new_id)
        model._base_manager.filter(**{column: old_id}).update(**{column: new_id})
    if merging:
        Printer._base_manager.filter(id=old_id)._raw_delete(using=connection.alias)
    else:
        Printer._base_manager.filter(id=old_id).update(id=new_id)


def _drop_duplicates(model: type[models.Model], column: str, old_id: UUID, new_id: UUID) -> None:
    """Rows that would collide under a unique constraint with the printer in it (a token bound to both, say)."""
    for constraint in model._meta.constraints:
        if not isinstance(constraint, models.UniqueConstraint) or constraint.condition is not None:
            continue
        foreign_key = column.removesuffix("_id")
        if foreign_key not in constraint.fields:
            continue
        others = [name for name in constraint.fields if name != foreign_key]
        twin = model._base_manager.filter(**{column: new_id}, **{name: models.OuterRef(name) for name in others})
        model._base_manager.filter(models.Exists(twin), **{column: old_id}).delete()
