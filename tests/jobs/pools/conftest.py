from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from jobs.models import Pool
    from tests.jobs.pools.places import Place


@pytest.fixture
def places() -> "Iterator[dict[str, Place]]":
    """Three alike on one site, all with 12 mm black on white; asked a moment ago."""
    from contextlib import ExitStack

    from tests.jobs.labels import make_template
    from tests.jobs.pools.places import place

    make_template()
    with ExitStack() as stack:
        yield {name: place(stack, name) for name in ("a", "b", "c")}


@pytest.fixture
def pool() -> "Pool":
    from jobs.models import Pool
    from printers.models import Site

    site, _made = Site.objects.get_or_create(key="main")
    return Pool.objects.create(
        site=site, name="tags", medium="tze:12", tape_color="white", text_color="black", every_printer=True
    )
