"""What an operator reads is what the code reads."""

import configparser
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
READ = re.compile(r"""(?:env(?:\.\w+)?\(|environ(?:\.get\(|\[))\s*"([A-Z][A-Z_]+)\"""")
# Set by ourselves for our own child processes.
OURS: set[str] = set()


def variables() -> set[str]:
    sources = [*ROOT.glob("shopcomm/**/*.py"), *ROOT.glob("orders/**/*.py"), *ROOT.glob("messaging/**/*.py")]
    return {name for source in sources for name in READ.findall(source.read_text())} - OURS


def test_every_variable_the_code_reads_is_explained() -> None:
    example = (ROOT / "deploy/shopcomm.env.example").read_text()
    explained = set(re.findall(r"^#?([A-Z][A-Z_]+)=", example, re.MULTILINE))

    assert variables() - explained == set()


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_units_run_what_the_procfile_runs(name: str) -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.read(ROOT / f"deploy/systemd/shopcomm-{name}.service")
    command = unit["Service"]["ExecStart"].split()
    procfile = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())

    assert command[0].endswith(procfile[name].split()[0])
    assert command[1:3] == procfile[name].split()[1:3] or "shopcomm.asgi:application" in command


def test_documents_name_only_files_and_modules_that_exist() -> None:
    missing = []
    for page in [ROOT / "README.md", ROOT / "README.zh-CN.md", *ROOT.glob("docs/**/*.md")]:
        text = page.read_text()
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
            if not (page.parent / target).exists():
                missing += [f"{page.name}: {target}"]
        for module in re.findall(r"python -m (shopcomm[\w.]*)", text):
            if not (ROOT / (module.replace(".", "/") + ".py")).exists():
                missing += [f"{page.name}: {module}"]
    assert missing == []


def test_the_site_is_understood_by_the_nginx_of_debian_12() -> None:
    """1.22 knows HTTP/2 as a word of `listen` only, and newer ones still do."""
    site = (ROOT / "deploy/nginx.conf").read_text()

    assert "listen 443 ssl http2;" in site
    assert not re.search(r"^\s*http2 on;", site, re.MULTILINE)
