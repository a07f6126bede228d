"""Every command of docs/operations.md, tried: a machine is set up by them, its units run, it is backed up and restored."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from shopcomm.core.embedded.binaries import NOBODY
from tests.faults.machine import ROOT, Machine, blocks, log_in

PAGE = "docs/operations.md"
PASSWORD = "bright-9-suitcase"
# Where the commands that are not tried below are.
ELSEWHERE = {
    "cp deploy/shopcomm.env.example deploy/shopcomm.env": "tests/house/test_compose.py",
    "mkdir deploy/certificates": "tests/house/test_compose.py",
    "export POSTGRES_PASSWORD=…": "tests/house/test_compose.py",
    "docker compose -f deploy/compose.yaml up -d --build": "tests/house/test_compose.py",
    "docker compose -f deploy/compose.yaml exec web python manage.py createsuperuser": "tests/house/test_compose.py",
    "make backup": "tests/faults/test_backups.py",
    "make restore FROM=/path/shopcomm-20261129-164500.tar": "tests/faults/test_backups.py",
}


def systemd_block() -> list[str]:
    return next(block for block in blocks(PAGE) if block[0].startswith("useradd"))


def own_tools_block() -> list[str]:
    return next(block for block in blocks(PAGE) if block[0].startswith("pg_dump"))


@pytest.fixture(scope="module")
def machine(stack) -> Iterator[Machine]:
    """Set up by the page's commands up to the account of the first manager, beside static files that a version before had
    collected and shut."""
    with tempfile.TemporaryDirectory(prefix="shopcomm-machine-", ignore_cleanup_errors=True) as folder:
        machine = Machine(Path(folder))
        try:
            machine.services.start()
            set_up(machine, stack.data / "static")
            yield machine
        finally:
            machine.stop()
            machine.services.stop()


def set_up(machine: Machine, collected: Path) -> None:
    static = machine.at("/var/lib/shopcomm/static")
    shutil.copytree(collected, static)
    for path in [static, *static.rglob("*")]:
        os.chown(path, machine.owner, -1)
        path.chmod(0o750 if path.is_dir() else 0o640)
    for line in systemd_block()[:-1]:
        if "shopcomm.env.example" in line:
            machine.sealed = machine.seal()
        machine.follow(line)
        if "shopcomm.env.example" in line:
            machine.fill_in(
                SECRET_KEY="only-for-this-test-" + "0" * 40,
                DATABASE_URL=machine.services.database_url,
                REDIS_URL=machine.services.redis_url,
            )
    machine.start("migrate")


@pytest.fixture
def running(machine) -> Machine:
    """With its target started."""
    if not machine.processes:
        machine.start_all()
    return machine


@pytest.fixture
def in_rest(machine) -> Machine:
    """With its target stopped, as the page wants it before anything is restored."""
    machine.stop()
    return machine


def test_every_command_of_the_operations_page_is_run_by_a_test() -> None:
    commands = [line for block in blocks(PAGE) for line in block]
    here = [*systemd_block(), *own_tools_block()]

    assert [line for line in commands if line not in here and line not in ELSEWHERE] == []
    assert [path for path in ELSEWHERE.values() if not (ROOT / path).exists()] == []
    named = set(re.findall(r"`(?:deploy/run [^`]*|make [a-z]+[^`]*)`", (ROOT / PAGE).read_text()))
    assert {each.strip("`").split()[1] for each in named} <= {
        "python",
        *re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[0].split(),
    }


def test_the_systemd_units_run_without_writing_into_the_code_folder(running, machine) -> None:
    machine.wait("worker", "ready.")
    machine.wait("beat", "beat: Starting")

    assert machine.code() == machine.sealed
    assert "en/LC_MESSAGES/django.mo" in " ".join(machine.sealed), "translations were compiled before"


def test_the_systemd_units_named_on_the_page_exist(machine) -> None:
    enabled = next(note for note in machine.notes() if note.startswith("systemctl enable"))
    there = {path.name.removesuffix(".service") for path in machine.at("/etc/systemd/system").iterdir()}

    assert set(enabled.split()[3:]) <= there
    assert "shopcomm-migrate" in there
    assert machine.notes()[0].startswith("useradd --system")


def test_another_account_can_read_static_files_and_nothing_else(machine) -> None:
    static, media = machine.at("/var/lib/shopcomm/static"), machine.at("/var/lib/shopcomm/media")

    assert machine.readable_by_all(static) == []
    assert sum(1 for path in static.rglob("*.gz")) > 50
    assert machine.at("/var/lib/shopcomm").stat().st_mode & 0o777 == 0o711
    assert machine.at("/etc/shopcomm/shopcomm.env").stat().st_mode & 0o777 == 0o600
    assert not media.exists() or not [path for path in media.rglob("*") if path.stat().st_mode & 0o004]


def test_health_probes_by_ip_address_are_answered_and_other_requests_are_not(running, machine) -> None:
    """ALLOWED_HOSTS names shop.example.com alone; the probe is the one of the image, to the letter."""
    image = (ROOT / "deploy/Dockerfile").read_text()
    probe = json.loads(re.search(r"HEALTHCHECK.*?CMD (\[.*?\])$", image, re.MULTILINE | re.DOTALL)[1])
    assert probe[0] == "python"
    subprocess.run([sys.executable, probe[1], machine.here(probe[2])], check=True, timeout=20)

    address = f"http://127.0.0.1:{machine.port}"
    assert httpx.get(f"{address}/readyz").json() == {"status": "ok", "down": [], "keeps_ending": []}
    assert httpx.get(f"{address}/healthz", headers={"Host": "10.0.3.7:8000"}).status_code == 200
    assert httpx.get(f"{address}/login/", headers={"X-Forwarded-Proto": "https"}).status_code == 400


def test_the_first_account_created_by_the_page_is_a_manager(running, machine) -> None:
    line = f"{systemd_block()[-1]} --noinput --username wangfang --email w@example.com"
    machine.as_shop(line, DJANGO_SUPERUSER_PASSWORD=PASSWORD)

    browser = log_in(machine, "wangfang", PASSWORD)
    for page in ("/orders/", "/warehouse/", "/inbox/", "/rules/hours/", "/rights/", "/admin/"):
        assert browser.get(page).status_code == 200, page


def test_migrations_can_be_reversed_and_applied_again(machine) -> None:
    machine.as_shop("deploy/run python manage.py migrate configuration 0008")
    assert not has_column(machine, "return_address")
    machine.as_shop("deploy/run python manage.py migrate")
    assert has_column(machine, "return_address")


def asked(machine: Machine, sql: str) -> list[tuple[object, ...]]:
    with psycopg.connect(machine.services.database_url, autocommit=True) as connection:
        done = connection.execute(sql)
        return done.fetchall() if done.description else []


def has_column(machine: Machine, name: str) -> bool:
    found = "SELECT 1 FROM information_schema.columns WHERE table_name = 'configuration_shopsettings' "
    return asked(machine, f"{found} AND column_name = '{name}'") == [(1,)]


def mark(machine: Machine, word: str) -> None:
    """Something that shows which state the database is in."""
    asked(machine, "DELETE FROM django_session")
    asked(machine, f"INSERT INTO django_session VALUES ('{word}', '', now())")


def marked(machine: Machine) -> list[tuple[object, ...]]:
    return asked(machine, "SELECT session_key FROM django_session")


def test_a_backup_made_as_the_page_says_can_be_restored(in_rest, machine) -> None:
    kept = machine.at("/var/lib/shopcomm/shop.tar")
    mark(machine, "before")
    machine.as_shop(f"deploy/run python -m shopcomm.core.embedded.backups {kept}")
    assert kept.stat().st_mode & 0o077 == 0

    mark(machine, "after")
    machine.as_shop(f"deploy/run python -m shopcomm.core.embedded.restoring {kept}")
    assert marked(machine) == [("before",)]
    kept_before = machine.at("/var/lib/shopcomm/data/backups").glob("before-restore-*.tar")
    assert len(list(kept_before)) == 1


def test_a_backup_made_with_the_operators_own_tools_can_be_restored(in_rest, machine) -> None:
    out, back = own_tools_block()
    settings, where = machine.settings(), machine.at("/var/lib/shopcomm")
    media = Path(settings["MEDIA_ROOT"])
    media.mkdir(parents=True, exist_ok=True)
    (media / "bag.txt").write_text("蓝色")
    # As the shop keeps uploads.
    (media / "bag.txt").chmod(0o640)
    mark(machine, "before")
    machine.as_shop(f"deploy/run bash -euc {shlex.quote(f'cd {where}; {out}')}")
    mark(machine, "after")
    (media / "bag.txt").unlink()
    machine.as_shop(f"deploy/run bash -euc {shlex.quote(f'cd {where}; {back}')}")

    assert marked(machine) == [("before",)]
    assert (media / "bag.txt").read_text() == "蓝色"


def test_deploy_run_executes_a_command_as_the_settings_owner_with_those_settings(tmp_path) -> None:
    owner = NOBODY if os.geteuid() == 0 else os.geteuid()
    file = tmp_path / "shop.env"
    file.write_text("# no\n; no\nA=1\nB = \"two words\"\nEMAIL='x&y$z'\nnonsense\n")
    os.chown(file, owner, -1)
    given = os.environ | {"SHOPCOMM_ENV": str(file)}
    told = subprocess.run(
        [ROOT / "deploy/run", "sh", "-c", 'echo "$(id -u)|$A|$B|$EMAIL"'],
        env=given,
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == f"{owner}|1|two words|x&y$z"

    missing = subprocess.run(
        [ROOT / "deploy/run", "true"],
        env=given | {"SHOPCOMM_ENV": str(tmp_path / "none")},
        capture_output=True,
        text=True,
    )
    assert missing.returncode == 1
    assert "run this as root, or name the file in SHOPCOMM_ENV" in missing.stderr
