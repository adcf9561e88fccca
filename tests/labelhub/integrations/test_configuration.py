import logging
from pathlib import Path

import pytest
from django.core.checks import run_checks

from labelhub.about.bundle import support_bundle
from labelhub.integrations.configuration import integrations, problems, searchable, usable
from labelhub.integrations.errors import IntegrationFailed, UnknownIntegration
from printers.configuration import load_configuration
from tests.labelhub.conftest import Configure

GOOD = """
[[integration]]
kind = "snipeit"
name = "good"
url = "https://inventory.invalid/snipe/"
token = "token-one"
"""


def test_it_works(configure: Configure, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("a-secret-from-a-file\n")
    (tmp_path / "ca.pem").touch()
    configure(f"""
{GOOD}
title = "Inventory"
ca_file = "ca.pem"
template = "asset-tag-12"
pool = "main/black"
webhook_secret_file = "secret"
browser_origin = "https://inventory.invalid"
fields = {{ owner = "a.b" }}
""")
    found = usable("good")
    assert (found.title, found.url, found.token) == ("Inventory", "https://inventory.invalid/snipe", "token-one")
    assert (found.webhook_secret, found.ca_file) == ("a-secret-from-a-file", str(tmp_path / "ca.pem"))
    assert (found.template, found.pool, found.fields) == ("asset-tag-12", "main/black", {"owner": "a.b"})
    assert (problems(), load_configuration().problems) == ([], ())


def test_the_name_may_be_the_kind(configure: Configure) -> None:
    configure('[[integration]]\nkind = "spoolman"\nurl = "http://spools.invalid:7912"')
    assert usable("spoolman").title == "Spoolman"


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ('kind = "snipe"', "Integration bad: there is no kind “snipe”, there are snipeit, grocy, spoolman, webhook."),
        ("", "Integration bad: there is no kind “”, there are snipeit, grocy, spoolman, webhook."),
        ('kind = "snipeit"', "Integration bad: url is missing; token (or token_file) is missing."),
        ('kind = "spoolman"\nurl = "ftp://x.invalid"', "Integration bad: url: Give an address such as"),
        ('kind = "spoolman"\nurl = "http://u:p@x.invalid"', "Integration bad: url: Give an address such as"),
        ('kind = "spoolman"\nurl = "http://x.invalid/?a=1"', "Integration bad: url is the address of the app"),
        ('kind = "spoolman"\nurl = "http://x.invalid"\nnmae = "y"', "Integration bad: “nmae” is not known."),
        ('kind = "spoolman"\nurl = 7', "Integration bad: url has to be a text of one line; url is missing."),
        ('kind = "webhook"\nfields = "x"', "Integration bad: fields has to be written as"),
        ('kind = "webhook"\nprinter = "a"\npool = "b"', "Integration bad: name a printer or a pool, and not both."),
        ('kind = "webhook"\nwebhook_secret = "0123456789abcdef"', "Integration bad: a webhook needs a template"),
        ('kind = "webhook"\nwebhook_secret = "short"', "Integration bad: webhook_secret has to have at least 16"),
        (
            'kind = "webhook"\nwebhook_secret = "whsec_not-base64!!"',
            "Integration bad: webhook_secret begins with whsec_",
        ),
        ('kind = "webhook"\nwebhook_secret_file = "nowhere"', "Integration bad: "),
        (
            'kind = "webhook"\nbrowser_origin = "https://x.invalid/"',
            "Integration bad: browser_origin is scheme and host",
        ),
        (
            'kind = "spoolman"\nurl = "http://x.invalid"\ntoken = "é"',
            "Integration bad: token has to be one line of ASCII.",
        ),
        ('kind = "webhook"\nca_file = "nowhere.pem"', "Integration bad: ca_file: there is no file"),
    ],
)
def test_a_malformed_entry_marks_itself_and_no_other(configure: Configure, entry: str, sentence: str) -> None:
    configure(f'[[integration]]\nname = "bad"\n{entry}\n{GOOD}')
    [said] = problems()
    assert said.startswith(sentence)
    with pytest.raises(IntegrationFailed):
        usable("bad")
    assert usable("good").error == ""
    assert [each.name for each in searchable()] == ["good"]
    assert [each.msg for each in run_checks(tags=["labelhub"]) if each.id == "labelhub.W004"] == [said]


@pytest.mark.parametrize("name", ["a b", "ä", "x" * 51, "a/b"])
def test_a_name_that_is_no_address(configure: Configure, name: str) -> None:
    configure(f'[[integration]]\nkind = "webhook"\nname = "{name}"\n{GOOD}')
    assert list(integrations()) == ["good"]
    assert "may have letters, digits, hyphens and underscores only" in problems()[0]


def test_a_name_that_is_taken(configure: Configure) -> None:
    configure(GOOD + GOOD.replace("token-one", "token-two"))
    assert usable("good").token == "token-one"
    assert problems() == ["integration 2: the name “good” is taken; left out."]


@pytest.mark.parametrize("text", ["integration = 7", "[integration]\nkind = 'webhook'", "[[integration]\n", ""])
def test_nothing_stops_the_hub(configure: Configure, text: str) -> None:
    configure(text)
    with pytest.raises(UnknownIntegration):
        usable("good")


@pytest.mark.django_db
def test_secrets_are_shown_nowhere(configure: Configure, caplog: pytest.LogCaptureFixture) -> None:
    configure(GOOD + '\nwebhook_secret = "the-webhook-secret"\n')
    assert problems() == ["Integration good: a webhook needs a template, and a printer or a pool."]
    logging.getLogger("labelhub").warning("%s", integrations())
    bundle = support_bundle()
    for secret in ("token-one", "the-webhook-secret"):
        assert secret not in caplog.text
        assert secret.encode() not in bundle
