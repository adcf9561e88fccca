import io

import pytest
from django.core.management import call_command


@pytest.mark.django_db
def test_every_model_has_its_migration() -> None:
    out = io.StringIO()
    call_command("makemigrations", "--check", "--dry-run", stdout=out)
    assert out.getvalue() == "No changes detected\n"
