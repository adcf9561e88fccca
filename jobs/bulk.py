"""The same done to many jobs at once: what can be done is, and what cannot is told."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jobs import queue
from jobs.errors import NotAllowed
from jobs.idempotency import fingerprint, once
from jobs.models import Job
from jobs.words import describe
from printers.callers import Caller
from printers.errors import HubError

MOST = 500

VERBS: dict[str, Callable[[Job, Caller], Job]] = {
    "hold": queue.hold,
    "release": queue.release,
    "cancel": queue.cancel,
    "reprint": queue.reprint,
    "printed": partial(queue.resolve, printed=True),
    "not-printed": partial(queue.resolve, printed=False),
}


@dataclass(frozen=True, slots=True)
class Asked:
    verb: str
    jobs: list[str]


@dataclass(slots=True)
class Outcome:
    """`refused` counts by the state and outcome that forbade it, `sentences` by any other reason."""

    verb: str
    done: int = 0
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    sentences: Counter[str] = field(default_factory=Counter)

    @property
    def not_done(self) -> int:
        return self.refused.total() + self.sentences.total()


def act_on_many(verb: str, job_ids: Sequence[UUID], caller: Caller, *, submission: str) -> Outcome:
    """Do it to each of the caller's jobs among these, oldest first; a second time with this `submission` to none.

    Raises KeyError for a verb that is not in VERBS, and as `once` does.
    """
    ids = [str(each) for each in dict.fromkeys(job_ids)][:MOST]
    return once(
        caller.key,
        f"many:{submission}",
        fingerprint(Asked(verb, sorted(ids))),
        prepare=lambda: VERBS[verb],
        do=lambda act: _done(verb, act, ids, caller),
        remember=_as_answer,
        recall=_from_answer,
    )


def _done(verb: str, act: Callable[[Job, Caller], Job], ids: list[str], caller: Caller) -> Outcome:
    outcome = Outcome(verb)
    jobs = Job.objects.visible_to(caller).filter(id__in=ids).select_related("printer")
    for job in jobs.order_by("created_at", "position", "id"):
        try:
            act(job, caller)
        except NotAllowed as error:
            outcome.refused[(str(error.extra.get("state", job.state)), job.outcome or "")] += 1
        except HubError as error:
            outcome.sentences[error.detail] += 1
        else:
            outcome.done += 1
    return outcome


def in_words(outcome: Outcome) -> str:
    """“3 canceled. Not possible for 2: Printed (1), Printing (1).”"""
    told = [_done_words(outcome)] if outcome.done or not outcome.not_done else []
    if outcome.refused:
        total = outcome.refused.total()
        by_words = Counter[str]()
        for (state, result), n in outcome.refused.items():
            by_words[describe(state, result or None, []).text] += n
        whose = ", ".join(f"{text} ({n})" for text, n in by_words.most_common())
        told.append(_("Not possible for %(n)d: %(states)s.") % {"n": total, "states": whose})
    told += [f"{sentence} ({n} ×)" if n > 1 else sentence for sentence, n in outcome.sentences.most_common(3)]
    return " ".join(told)


def _done_words(outcome: Outcome) -> str:
    n = outcome.done
    words = {
        "hold": ngettext("%(n)d job is held.", "%(n)d jobs are held.", n),
        "release": ngettext("%(n)d job is released.", "%(n)d jobs are released.", n),
        "cancel": ngettext("%(n)d job is canceled.", "%(n)d jobs are canceled.", n),
        "reprint": ngettext("%(n)d label is printed again.", "%(n)d labels are printed again.", n),
        "printed": ngettext("%(n)d label came out.", "%(n)d labels came out.", n),
        "not-printed": ngettext("%(n)d label did not come out.", "%(n)d labels did not come out.", n),
    }
    return words[outcome.verb] % {"n": n}


def _as_answer(outcome: Outcome) -> dict[str, Any]:
    return {
        "verb": outcome.verb,
        "done": outcome.done,
        "refused": [[state, result, n] for (state, result), n in outcome.refused.items()],
        "sentences": dict(outcome.sentences),
    }


def _from_answer(answer: dict[str, Any]) -> Outcome:
    refused = Counter({(state, result): n for state, result, n in answer["refused"]})
    return Outcome(answer["verb"], answer["done"], refused, Counter(answer["sentences"]))
