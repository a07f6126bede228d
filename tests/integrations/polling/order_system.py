"""Another order system: a real HTTP server with rows that change, which pages as it is told and errs as it is told."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request: its path, its parameters, its header names in lower case."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]


@dataclass
class Reply:
    """What is answered. `declared`: the length that is said, where the body is cut off before it."""

    status: int = 200
    body: bytes | str | Any = b""
    headers: dict[str, str] = field(default_factory=dict)
    declared: int | None = None
    # Sent so many times over, to be large without being held.
    times: int = 1
    # Nothing is answered until the server closes.
    hangs: bool = False

    def content(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return (
            self.body if isinstance(self.body, str) else json.dumps(self.body, ensure_ascii=False)
        ).encode()


class OrderSystem:
    """Serves `rows`, or what `answer` makes of a request. `asked` is what came."""

    def __init__(self, port: int = 0) -> None:
        self.asked: list[Asked] = []
        self.rows: list[dict[str, Any]] = []
        # The time of a row, by which it is asked for.
        self.time_name = "occurred_at"
        self.answer: Callable[[Asked], Reply] = self.by_number
        self._closed = threading.Event()
        system = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
                asked = Asked(parts.path, query, {name.lower(): text for name, text in self.headers.items()})
                system.asked.append(asked)
                reply = system.answer(asked)
                if reply.hangs:
                    system._closed.wait(60)
                    return
                content = reply.content()
                self.send_response(reply.status)
                for name, text in reply.headers.items():
                    self.send_header(name, text)
                length = len(content) * reply.times if reply.declared is None else reply.declared
                self.send_header("Content-Length", str(length))
                self.end_headers()
                try:
                    for _time in range(reply.times):
                        self.wfile.write(content)
                except OSError:
                    self.close_connection = True
                if reply.declared is not None:
                    self.close_connection = True

            def log_message(self, *_words: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.http.daemon_threads = True
        self.host = f"127.0.0.1:{self.http.server_port}"
        self.url = f"http://{self.host}/api/orders"
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._closed.set()
        self.http.shutdown()
        self.http.server_close()

    # --- ways of paging ---------------------------------------------------------------------------
    def changed_since(self, asked: Asked) -> list[dict[str, Any]]:
        """The rows that a request is about, the ones that changed first first."""
        since = asked.query.get("since")
        rows = sorted(self.rows, key=lambda row: str(row.get(self.time_name, "")))
        if since is None:
            return rows
        moment = datetime.fromisoformat(since)
        return [row for row in rows if datetime.fromisoformat(row[self.time_name]) >= moment]

    def by_number(self, asked: Asked) -> Reply:
        """Pages by number, of `size` rows."""
        size, page = int(asked.query.get("size", "100")), int(asked.query.get("page", "1"))
        rows = self.changed_since(asked)
        return Reply(body={"data": {"orders": rows[(page - 1) * size : page * size]}, "code": 0})

    def by_offset(self, asked: Asked) -> Reply:
        """Pages by offset; it never serves more than three rows, whatever it is asked for."""
        at, rows = int(asked.query.get("offset", "0")), self.changed_since(asked)
        size = min(int(asked.query.get("size", "3")), 3)
        return Reply(body={"data": {"orders": rows[at : at + size]}})

    def by_cursor(self, asked: Asked) -> Reply:
        """A feed: what was told, in the order in which it was told, after a cursor."""
        at, size = int(asked.query.get("cursor") or "0"), int(asked.query.get("size", "2"))
        rows = self.rows[at : at + size]
        following = at + len(rows)
        more = following < len(self.rows)
        return Reply(body={"data": {"orders": rows, "next": following, "more": more}})

    def by_link(self, asked: Asked) -> Reply:
        """The next page's address in the header `Link`."""
        at, rows = int(asked.query.get("at", "0")), self.changed_since(asked)
        links = f'</api/orders?at={max(at - 2, 0)}>; rel="prev"'
        if at + 2 < len(rows):
            links += f', <{self.url}?{urlencode(asked.query | {"at": at + 2})}>; rel="next"'
        return Reply(body={"data": {"orders": rows[at : at + 2]}}, headers={"Link": links})

    def at_once(self, asked: Asked) -> Reply:
        """Everything in one answer, with an ETag."""
        body = json.dumps({"data": {"orders": self.changed_since(asked)}}, ensure_ascii=False)
        tag = f'"{abs(hash(body))}"'
        if asked.headers.get("if-none-match") == tag:
            return Reply(304, headers={"ETag": tag})
        return Reply(body=body, headers={"ETag": tag})
