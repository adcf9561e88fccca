import json

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import DjangoAssertNumQueries


@pytest.mark.parametrize("path", ["/healthz", "/livez"])
def test_it_works_without_a_database(path: str, client: Client) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "version": settings.VERSION, "revision": settings.REVISION}
    assert response["Cache-Control"] == "no-store"


def test_it_works_whatever_the_host_header(client: Client) -> None:
    assert client.get("/healthz", headers={"host": "evil.example:99999"}).status_code == 200


@pytest.mark.django_db
def test_it_makes_no_query(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    client.cookies[settings.SESSION_COOKIE_NAME] = "somebody"
    with django_assert_num_queries(0):
        assert client.get("/healthz").status_code == 200


def test_it_cannot_be_posted_to(client: Client) -> None:
    response = client.post("/healthz")
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


def test_both_servers_say_the_same(client: Client) -> None:
    from health.liveness import liveness_body

    assert json.loads(liveness_body()) == client.get("/healthz").json()
