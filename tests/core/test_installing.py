"""What a first start does before any package is there: the environment, and packages in two halves side by side."""

import subprocess
from pathlib import Path

import pytest

from shopcomm.core.embedded import installing
from shopcomm.core.embedded.attach import ROOT

LOCKED = """\
# made by a tool
amqp==5.4.2 \\
    --hash=sha256:aa \\
    --hash=sha256:ab
    # via celery
brotli==1.2.1 ; sys_platform == 'linux' \\
    --hash=sha256:bb
celery==5.7.0 \\
    --hash=sha256:cc
"""


def test_requirements_are_dealt_out_each_with_its_hashes() -> None:
    first, second = installing.shares_of(LOCKED, 2)

    assert [line.split("==")[0] for line in first.splitlines() if line[0] != " "] == ["amqp", "celery"]
    assert first.count("--hash") == 3
    assert second == "brotli==1.2.1 ; sys_platform == 'linux' \\\n    --hash=sha256:bb\n"


def test_every_requirement_is_in_exactly_one_share() -> None:
    locked = (ROOT / "requirements.txt").read_text()
    shares = installing.shares_of(locked, 3)

    dealt = sorted(line for share in shares for line in share.splitlines())
    assert dealt == sorted(line for line in locked.splitlines() if line.strip() and line[0] != "#")


@pytest.fixture(scope="module")
def environment(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("new") / ".venv"
    installing.make_environment(folder)
    return folder


def test_a_new_environment_has_a_pip_that_works(environment: Path) -> None:
    python = environment / "bin/python"
    said = subprocess.run([python, "-m", "pip", "--version"], capture_output=True, text=True, check=True)

    assert str(environment) in said.stdout


def test_an_environment_with_pip_is_left_as_it_is(environment: Path, monkeypatch) -> None:
    monkeypatch.setattr(installing.venv, "create", lambda *_args, **_options: pytest.fail("made again"))

    installing.make_environment(environment)


def test_an_environment_that_was_cut_off_before_its_pip_is_finished(tmp_path) -> None:
    installing.venv.create(tmp_path / ".venv", symlinks=True)
    installing.make_environment(tmp_path / ".venv")

    subprocess.run([tmp_path / ".venv/bin/python", "-c", "import pip"], check=True)


def test_without_a_wheel_of_pip_python_brings_it_itself(tmp_path, monkeypatch) -> None:
    asked = []
    monkeypatch.setattr(installing, "pip_wheel", lambda: None)
    monkeypatch.setattr(
        installing.venv, "create", lambda folder, **options: asked.append(options["with_pip"])
    )

    installing.make_environment(tmp_path / ".venv")
    assert asked == [True]


def test_one_half_that_fails_fails_the_installation(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(installing, "SIDE_BY_SIDE", 2)
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\nfor last; do :; done\n! grep -q brotli "$last"\n')
    python.chmod(0o755)
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(LOCKED)

    assert installing.install_packages(python, requirements, []) == 1
    requirements.write_text(LOCKED.replace("brotli", "pillow"))
    assert installing.install_packages(python, requirements, []) == 0
