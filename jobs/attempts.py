"""What is known of an attempt is written as it comes to be known, several times for every label."""

from functools import cache

from jobs.models import Attempt
from printers.statements import Update, given
from printers.together import Statement


def write(attempt: Attempt, *names: str) -> None:
    """These columns, as the attempt has them."""
    _statement(names).run(this_attempt=attempt.pk, **{name: getattr(attempt, name) for name in names})


def writing(attempt: Attempt, *names: str) -> Statement:
    """The same, to go together with others."""
    return _statement(names).filled(this_attempt=attempt.pk, **{name: getattr(attempt, name) for name in names})


@cache
def _statement(names: tuple[str, ...]) -> Update:
    return Update(
        lambda: (
            Attempt.objects.filter(**given(Attempt, {"id": "this_attempt"})),
            given(Attempt, {name: name for name in names}),
        )
    )
