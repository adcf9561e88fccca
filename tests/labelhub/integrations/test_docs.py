"""What docs/integrations.md shows works as it stands there: its configuration, and its commands one after the other."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.hubs import ROOT, Hub, environment
from tests.labelhub.integrations.app import App
from tests.labelhub.integrations.snipeit.fake import TOKEN, answers
from tests.test_docs import commands

PAGE = ROOT / "docs" / "integrations.md"


@pytest.mark.processes
def test_its_commands_run(tmp_path: Path) -> None:
    (configuration,) = re.findall(r"^```toml\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    config = tmp_path / "labelhub.toml"
    (tmp_path / "inventory-token").write_text(TOKEN + "\n")
    with App(answers) as app:
        config.write_text(configuration.replace("https://inventory.invalid", app.origin))
        with Hub(tmp_path / "data", env={"LABELHUB_CONFIG": str(config)}) as hub:
            found = [run(each, hub) for each in commands(PAGE)]
            assert [each["id"] for each in found[0]["items"]] == ["1042"]
            assert (found[1]["title"], found[1]["templates"][0]["key"]) == ('A-1042 · Bench "drill"', "asset-tag-12")
            assert found[1]["fields"]["owner"] == "R&D"
            job = hub.call("GET", f"/api/jobs/{found[2]['jobs'][0]['id']}", token=hub.said("API token"))[1]
            assert (job["fields"], job["requested_by"]) == (
                {"name": "Bill", "id": "2026-17"},
                "webhook paperless (127.0.0.1)",
            )
            assert "labelhub.W004" not in hub.out


def run(command: str, hub: Hub) -> Any:
    done = subprocess.run(
        [shutil.which("bash") or "bash", "-c", command.replace("http://127.0.0.1:8000", hub.origin)],
        env=environment(TOKEN=hub.said("API token")),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout)
