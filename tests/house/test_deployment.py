"""What an operator reads is what the code reads."""

import configparser
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import global_settings, settings
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from shopcomm.core.database.pool import Shares, connection_shares

ROOT = Path(__file__).parents[2]
READ = re.compile(r"""(?:env(?:\.\w+)?\(|environ(?:\.get\(|\[))\s*"([A-Z][A-Z_]+)\"""")
# Set by ourselves for our own child processes.
OURS: set[str] = set()


def variables() -> set[str]:
    sources = [*ROOT.glob("shopcomm/**/*.py"), *ROOT.glob("orders/**/*.py"), *ROOT.glob("messaging/**/*.py")]
    return {name for source in sources for name in READ.findall(source.read_text())} - OURS


def test_every_environment_variable_the_code_reads_is_documented() -> None:
    example = (ROOT / "deploy/shopcomm.env.example").read_text()
    explained = set(re.findall(r"^#?([A-Z][A-Z_]+)=", example, re.MULTILINE))

    assert variables() - explained == set()


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_systemd_units_run_the_commands_of_the_procfile(name: str) -> None:
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


def test_the_nginx_site_uses_only_syntax_of_the_nginx_in_debian_12() -> None:
    """1.22 knows HTTP/2 as a word of `listen` only, and newer ones still do."""
    site = (ROOT / "deploy/nginx.conf").read_text()

    assert "listen 443 ssl http2;" in site
    assert not re.search(r"^\s*http2 on;", site, re.MULTILINE)


def test_visitors_cannot_forge_the_ip_address_they_are_counted_by() -> None:
    """nginx overwrites what they claim, and the application believes nobody but nginx."""
    site = (ROOT / "deploy/nginx.conf").read_text()
    assert set(re.findall(r"X-Forwarded-For (\S+);", site)) == {"$remote_addr"}
    for command in (
        ROOT / "Procfile",
        ROOT / "deploy/Dockerfile",
        ROOT / "deploy/systemd/shopcomm-web.service",
    ):
        assert "--forwarded-allow-ips" not in command.read_text(), command
    compose = (ROOT / "deploy/compose.yaml").read_text()
    assert "FORWARDED_ALLOW_IPS: ${FORWARDED_ALLOW_IPS:-172.16.0.0/12,192.168.0.0/16}" in compose


@pytest.mark.parametrize(
    ("peer", "believed"), [("172.18.0.5", True), ("192.168.16.3", True), ("203.0.113.7", False)]
)
async def test_only_trusted_proxies_may_set_the_visitors_ip_address(peer: str, believed: bool) -> None:
    """uvicorn's own reading of the value that compose sets."""
    seen: list[str] = []

    async def application(scope: Any, _receive: Any, _send: Any) -> None:
        seen.append(scope["client"][0])

    compose = (ROOT / "deploy/compose.yaml").read_text()
    trusted = re.search(r"FORWARDED_ALLOW_IPS:-([^}]+)}", compose)
    assert trusted
    proxied = ProxyHeadersMiddleware(application, trusted_hosts=trusted[1])
    headers = [(b"x-forwarded-for", b"198.51.100.9"), (b"x-forwarded-proto", b"https")]
    await proxied({"type": "http", "client": (peer, 1), "headers": headers, "scheme": "http"}, None, None)
    assert seen == ["198.51.100.9" if believed else peer]


def test_nginx_does_not_drop_a_busy_web_process() -> None:
    """503 is an answer: were it a failure, two of them would make nginx pass over a process, and all its crowd to the next."""
    site = (ROOT / "deploy/nginx.conf").read_text()
    assert re.findall(r"proxy_next_upstream ([^;]+);", site) == ["error timeout http_502"]


def test_every_setting_has_an_effect() -> None:
    """What is read from the environment is Django's or a library's, or is read again by code of ours."""
    read: set[str] = set()
    for source in (ROOT / "shopcomm/settings").glob("*.py"):
        read |= set(re.findall(r"^([A-Z][A-Z_]+) = .*\benv\b", source.read_text(), re.MULTILINE))
    sources = [path for top in ("shopcomm", "orders", "messaging") for path in (ROOT / top).rglob("*.py")]
    used = "".join(path.read_text() for path in sources if path.parent.name != "settings")
    of_libraries = {name for name in read if hasattr(global_settings, name) or name.startswith("AXES_")}

    assert len(read) > 40
    assert [name for name in sorted(read - of_libraries) if not re.search(rf"\b{name}\b", used)] == []


@pytest.mark.parametrize("unit", ["web", "worker", "beat"])
def test_systemd_units_raise_the_limit_of_open_files(unit: str) -> None:
    text = (ROOT / f"deploy/systemd/shopcomm-{unit}.service").read_text()
    assert int(re.search(r"^LimitNOFILE=(\d+)$", text, re.MULTILINE)[1]) >= 8192


def test_an_incomplete_request_times_out_soon() -> None:
    site = (ROOT / "deploy/nginx.conf").read_text()
    assert int(re.search(r"client_header_timeout (\d+)s;", site)[1]) <= 20
    assert int(re.search(r"client_body_timeout (\d+)s;", site)[1]) <= 60


def test_the_database_has_enough_connections_for_what_the_deployment_starts() -> None:
    """Added up as in docs/operations.md: a web process may be doubled while it is exchanged."""
    compose = (ROOT / "deploy/compose.yaml").read_text()
    image = (ROOT / "deploy/Dockerfile").read_text()
    allowed = int(re.search(r"max_connections=\$\{POSTGRES_MAX_CONNECTIONS:-(\d+)}", compose)[1])
    web = int(re.search(r"WEB_CONCURRENCY:-(\d+)}", image)[1])
    workers = int(re.search(r"CELERY_CONCURRENCY:-(\d+)}", compose)[1])
    listener, beat, commands, superuser = 1, 1, 5, 3
    needed = (web + 1) * settings.DB_POOL_SIZE + workers + listener + beat + commands + superuser
    assert needed <= allowed
    assert f"**{needed} of {allowed}**" in (ROOT / "docs/operations.md").read_text()
    assert settings.DATABASES["default"].get("CONN_MAX_AGE", 0) == 0


@override_settings(DB_POOL_SIZE=20)
def test_the_lanes_of_a_web_process_add_up_to_its_connection_pool() -> None:
    writer, sockets, found = 1, 1, connection_shares()
    assert found == Shares(pool=19, pages=15, logins=2, probe=1)
    assert writer + sockets + found.pages + found.logins + found.probe == 20


@override_settings(DB_POOL_SIZE=7)
def test_a_connection_pool_too_small_for_pages_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="at least 8"):
        connection_shares()


def test_each_decision_record_has_its_own_number() -> None:
    numbers = [int(page.name.partition("-")[0]) for page in (ROOT / "docs/decisions").glob("0*.md")]

    assert sorted(numbers) == list(range(1, len(numbers) + 1))
