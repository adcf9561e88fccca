from typing import Any

import pytest
import yaml
from django.conf import settings

from tests.hubs import ROOT
from tests.stack import command_of, compose

FOLDER = ROOT / "docs/kubernetes"


def documents() -> list[dict[str, Any]]:
    return [each for path in sorted(FOLDER.glob("*.yaml")) for each in yaml.safe_load_all(path.read_text()) if each]


def pods() -> dict[str, dict[str, Any]]:
    kinds = {"Deployment", "Job"}
    return {each["metadata"]["name"]: each["spec"]["template"]["spec"] for each in documents() if each["kind"] in kinds}


def container(name: str) -> dict[str, Any]:
    (found,) = pods()[name]["containers"]
    assert isinstance(found, dict)
    return found


def one(kind: str, name: str) -> dict[str, Any]:
    (found,) = [each for each in documents() if (each["kind"], each.get("metadata", {}).get("name")) == (kind, name)]
    return found


def test_there_is_what_is_needed() -> None:
    assert set(pods()) == {"web", "worker", "beat", "bring-up"}
    assert one("Service", "web")["spec"]["ports"] == [{"name": "http", "port": 80, "targetPort": "http"}]
    listed = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())["resources"]
    assert set(listed) | {"kustomization.yaml", "bring-up.yaml"} == {path.name for path in FOLDER.iterdir()}


@pytest.mark.parametrize("name", ["web", "worker", "beat", "bring-up"])
def test_the_commands_are_those_of_compose(name: str) -> None:
    assert container(name)["args"] == command_of(name.replace("-", "_"))


def test_probes_are_in_their_places() -> None:
    web = container("web")
    assert {name: web[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "liveness", "readiness")} == {
        "startup": "/healthz",
        "liveness": "/healthz",
        "readiness": "/readiness",
    }
    # A check of readiness has 2 s to answer.
    assert web["readinessProbe"]["timeoutSeconds"] > 2
    assert web["startupProbe"]["periodSeconds"] * web["startupProbe"]["failureThreshold"] >= 60
    for name in ("worker", "beat", "bring-up"):
        assert not [key for key in container(name) if key.endswith("Probe")]


def test_nothing_is_cut_off() -> None:
    stop = int(container("web")["lifecycle"]["preStop"]["exec"]["command"][1])
    assert pods()["web"]["terminationGracePeriodSeconds"] > stop + 3
    grace = compose()["services"]["worker"]["stop_grace_period"]
    assert f"{pods()['worker']['terminationGracePeriodSeconds']}s" == grace


def test_web_survives_a_drain_and_an_update() -> None:
    web = one("Deployment", "web")["spec"]
    assert web["replicas"] >= 2
    assert web["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    budget = one("PodDisruptionBudget", "web")["spec"]
    assert (budget["minAvailable"], budget["selector"]) == (1, web["selector"])


def test_there_is_one_beat() -> None:
    beat = one("Deployment", "beat")["spec"]
    assert (beat["replicas"], beat["strategy"]) == (1, {"type": "Recreate"})


@pytest.mark.parametrize("name", ["web", "worker", "beat", "bring-up"])
def test_containers_have_no_rights(name: str) -> None:
    assert pods()[name]["securityContext"]["runAsNonRoot"] is True
    assert pods()[name]["securityContext"]["runAsUser"] == 10001
    assert pods()[name]["automountServiceAccountToken"] is False
    assert container(name)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container(name)["resources"]["limits"]["memory"]


def test_selectors_find_their_pods() -> None:
    for each in documents():
        if each["kind"] == "Deployment":
            assert each["spec"]["selector"]["matchLabels"] == each["spec"]["template"]["metadata"]["labels"]
    labels = one("Deployment", "web")["spec"]["template"]["metadata"]["labels"]
    assert one("Service", "web")["spec"]["selector"] == labels


def test_settings_are_known_and_secrets_are_mounted() -> None:
    data = one("ConfigMap", "labelhub")["data"]
    assert {name for name in data if name not in settings.SETTING_NAMES} == set()
    (mount,) = [each for each in container("web")["volumeMounts"] if each["name"] == "secrets"]
    for name, value in data.items():
        if name.endswith("_FILE"):
            assert value.startswith(mount["mountPath"] + "/")
