"""The nginx site, parsed: every directive known, in a place where nginx takes it, and what it names is there."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOKEN = re.compile(r"""\s+|\#[^\n]*|"[^"]*"|'[^']*'|[{};]|(?:[^\s{};"'$]|\$\{?\w+\}?)+""")
# nginx 1.22 (Debian 12), from its reference: where a directive may stand and how many words it takes.
HTTP, SERVER, LOCATION = "http", "server", "location"
ALL = {HTTP, SERVER, LOCATION}
KNOWN: dict[str, tuple[set[str], range]] = {
    "upstream": ({HTTP}, range(1, 2)),
    "map": ({HTTP}, range(2, 3)),
    "log_format": ({HTTP}, range(2, 9)),
    "server": ({HTTP, "upstream"}, range(9)),
    "keepalive": ({"upstream"}, range(1, 2)),
    "listen": ({SERVER}, range(1, 9)),
    "server_name": ({SERVER}, range(1, 9)),
    "return": ({SERVER, LOCATION}, range(1, 3)),
    "location": ({SERVER, LOCATION}, range(1, 3)),
    "access_log": (ALL, range(1, 5)),
    "ssl_certificate": ({HTTP, SERVER}, range(1, 2)),
    "ssl_certificate_key": ({HTTP, SERVER}, range(1, 2)),
    "ssl_protocols": ({HTTP, SERVER}, range(1, 7)),
    "ssl_session_cache": ({HTTP, SERVER}, range(1, 3)),
    "client_max_body_size": (ALL, range(1, 2)),
    "client_header_timeout": ({HTTP, SERVER}, range(1, 2)),
    "client_body_timeout": (ALL, range(1, 2)),
    "send_timeout": (ALL, range(1, 2)),
    "alias": ({LOCATION}, range(1, 2)),
    "gzip_static": (ALL, range(1, 2)),
    "expires": (ALL, range(1, 3)),
    "add_header": (ALL, range(2, 4)),
    "proxy_pass": ({LOCATION}, range(1, 2)),
    "proxy_http_version": (ALL, range(1, 2)),
    "proxy_set_header": (ALL, range(2, 3)),
    "proxy_read_timeout": (ALL, range(1, 2)),
    "proxy_send_timeout": (ALL, range(1, 2)),
    "proxy_buffering": (ALL, range(1, 2)),
    "proxy_next_upstream": (ALL, range(1, 12)),
}
OF_NGINX = {
    "host", "request_uri", "http_upgrade", "uri", "remote_addr", "time_local", "request_method", "status",
    "body_bytes_sent", "request_time", "scheme",
}  # fmt: skip


@dataclass
class Directive:
    """One directive, with what is in its braces."""

    name: str
    words: list[str]
    inside: list["Directive"] = field(default_factory=list)
    is_block: bool = False

    def all(self, name: str) -> Iterator["Directive"]:
        """Every directive of this name below."""
        for each in self.inside:
            if each.name == name:
                yield each
            yield from each.all(name)


def site() -> Directive:
    """What the file says, as included in `http`. Fails where nginx's own reader would."""
    text, at = (ROOT / "deploy/nginx.conf").read_text(), 0
    stack, words = [Directive(HTTP, [], is_block=True)], []
    while at < len(text):
        found = TOKEN.match(text, at)
        assert found, f"cannot be read: {text[at : at + 40]!r}"
        at, token = found.end(), found[0]
        if token.isspace() or token.startswith("#"):
            continue
        if token == "}":
            assert not words, f"no semicolon after {words}"
            stack.pop()
            assert stack, "a brace too many"
        elif token in "{;":
            assert words, f"{token} after nothing"
            made = Directive(words[0], words[1:], is_block=token == "{")
            stack[-1].inside.append(made)
            stack += [made] if made.is_block else []
            words = []
        else:
            words.append(token)
    assert len(stack) == 1, f"{stack[-1].name} is not closed"
    assert not words, words
    return stack[0]


def test_every_nginx_directive_is_known_and_allowed_in_its_context() -> None:
    def check(block: Directive) -> None:
        for each in block.inside:
            places, words = KNOWN[each.name]
            assert block.name in places, f"{each.name} in {block.name}"
            assert len(each.words) in words, f"{each.name} {each.words}"
            assert not (block.name == "upstream" and each.is_block)
            if each.is_block and each.name != "map":
                check(each)

    check(site())


def test_every_variable_and_upstream_the_nginx_site_uses_is_defined() -> None:
    found = site()
    mapped = {each.words[1].lstrip("$") for each in found.all("map")}
    text = "\n".join(
        line
        for line in (ROOT / "deploy/nginx.conf").read_text().splitlines()
        if not line.strip().startswith("#")
    )
    assert set(re.findall(r"\$(\w+)", text)) - mapped - OF_NGINX == set()
    assert {each.words[0] for each in found.all("proxy_pass")} == {
        f"http://{next(found.all('upstream')).words[0]}"
    }
    formats = {each.words[0] for each in found.all("log_format")}
    assert {each.words[1] for each in found.all("access_log") if len(each.words) > 1} == formats


def test_nginx_serves_static_files_from_the_folder_of_collectstatic() -> None:
    example = (ROOT / "deploy/shopcomm.env.example").read_text()
    collected = re.search(r"^STATIC_ROOT=(.*)$", example, re.MULTILINE)
    assert collected
    static = next(each for each in site().all("location") if each.words == ["/static/"])
    # Both with a slash, or a name would be glued to the folder's.
    assert [each.words for each in static.all("alias")] == [[f"{collected[1]}/"]]


def test_nginx_does_not_serve_uploads_by_itself() -> None:
    example = (ROOT / "deploy/shopcomm.env.example").read_text()
    media = re.search(r"^MEDIA_ROOT=(.*)$", example, re.MULTILINE)
    assert media
    assert [each.words for each in site().all("alias") if each.words[0].startswith(media[1])] == []


def test_the_operations_page_replaces_the_one_host_name_that_has_to_change() -> None:
    page = (ROOT / "docs/operations.md").read_text()
    change = re.search(r"sed 's/(.+?)/(.+?)/' deploy/nginx.conf", page)
    assert change
    servers = [each.words[0] for each in next(site().all("upstream")).inside if each.name == "server"]
    assert servers == [change[1]]
    unit = (ROOT / "deploy/systemd/shopcomm-web.service").read_text()
    host, port = change[2].split(":")
    assert f"--host {host} --port {port}" in unit
