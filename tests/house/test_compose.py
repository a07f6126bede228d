"""The compose file, read by its rules: what it names is there, what depends on what, what its commands run."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FILE = ROOT / "deploy/compose.yaml"
# Of the Compose specification, what this file uses.
TOP = {"name", "services", "volumes"}
SERVICE = {
    "image", "build", "env_file", "environment", "volumes", "restart", "command", "healthcheck", "depends_on",
    "ports", "stop_grace_period",
}  # fmt: skip
CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}
SET_BY_READER = {"POSTGRES_PASSWORD"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load(FILE.read_text())


def image_lines(word: str) -> list[str]:
    """What the image's file says after a word."""
    text = (ROOT / "deploy/Dockerfile").read_text().replace("\\\n", " ")
    return [line.removeprefix(word).strip() for line in text.splitlines() if line.startswith(f"{word} ")]


def test_the_compose_file_has_only_known_keys(compose) -> None:
    assert {key for key in compose if not key.startswith("x-")} == TOP
    for name, service in compose["services"].items():
        assert set(service) <= SERVICE, name
        assert {"image", "build"} & set(service), name
        assert isinstance(service.get("command", []), list), f"{name}: a shell would read a string"
        assert all(isinstance(port, str) for port in service.get("ports", [])), f"{name}: 22:22 is a number"


def test_services_depend_only_on_services_that_exist_and_can_become_ready(compose) -> None:
    services = compose["services"]
    for name, service in services.items():
        waits = service.get("depends_on", {})
        for other, how in waits.items() if isinstance(waits, dict) else ((each, {}) for each in waits):
            condition = how.get("condition", "service_started")
            assert other in services, f"{name} waits for {other}"
            assert condition in CONDITIONS, f"{name}: {condition}"
            if condition == "service_healthy":
                assert "test" in services[other]["healthcheck"], f"{other} has no health check"
            if condition == "service_completed_successfully":
                assert services[other]["restart"] == "no", f"{other} never ends"


def test_every_named_volume_and_mounted_file_exists(compose) -> None:
    named = set()
    for name, service in compose["services"].items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source == "./certificates":
                # `mkdir deploy/certificates`: the reader's own.
                continue
            if source.startswith("."):
                assert (FILE.parent / source).exists(), f"{name}: {source}"
            else:
                named.add(source)
        if build := service.get("build"):
            assert (FILE.parent / build["context"] / build["dockerfile"]).exists()
            # `cp deploy/shopcomm.env.example deploy/shopcomm.env`
            assert (FILE.parent / f"{service['env_file']}.example").exists()
    assert named == set(compose["volumes"])


def test_every_variable_of_the_compose_file_is_documented_or_has_a_default(compose) -> None:
    example = (ROOT / "deploy/shopcomm.env.example").read_text()
    page = (ROOT / "docs/operations.md").read_text()
    for name, default in re.findall(r"\$\{(\w+)(:[-?][^}]*)?\}", FILE.read_text().split("name: shopcomm")[1]):
        assert name in SET_BY_READER or default.startswith(":-"), name
        assert name in example or name in page, name


def test_the_image_copies_existing_files_and_writes_only_where_its_user_may(compose) -> None:
    for line in image_lines("COPY"):
        assert (ROOT / line.split()[0]).exists()
    example = dict(
        re.findall(
            r"^(\w+_ROOT|SHOPCOMM_DATA)=(.*)$", (ROOT / "deploy/shopcomm.env.example").read_text(), re.M
        )
    )
    volume = compose["services"]["web"]["volumes"][0].split(":")[1]
    assert all(path.startswith(f"{volume}/") for path in example.values()), example
    assert f"SHOPCOMM_DATA={example['SHOPCOMM_DATA']}" in image_lines("ENV")
    made = next(line for line in image_lines("RUN") if "mkdir" in line)
    assert f"chown -R shopcomm {volume}" in made
    assert f"chmod 711 {volume}" in made
    assert image_lines("USER") == ["shopcomm"]


def test_nginx_mounts_the_files_it_serves_read_only(compose) -> None:
    nginx, web = compose["services"]["nginx"], compose["services"]["web"]
    assert f"{web['volumes'][0]}:ro" in nginx["volumes"]
    assert all(volume.endswith(":ro") for volume in nginx["volumes"])


def test_every_service_runs_the_command_of_the_procfile(compose) -> None:
    procfile = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
    commands = {name: " ".join(service.get("command", [])) for name, service in compose["services"].items()}
    commands["web"] = " ".join(json.loads(image_lines("CMD")[0]))
    for name, line in procfile.items():
        assert " ".join(line.split()[:3]) in commands[name], name
    options = [word for word in procfile["web"].split() if word.startswith("--")]
    assert [option for option in options if option not in commands["web"]] == []
    migrate = commands["migrate"]
    assert "manage.py migrate --noinput" in migrate
    assert "manage.py collectstatic --noinput" in migrate
