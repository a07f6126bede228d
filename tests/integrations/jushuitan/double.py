"""聚水潭 as it is publicly described: a real HTTP server that checks the signed form and lists orders by when they changed."""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

GIVEN = {"app_key": "key", "app_secret": "s3cret", "access_token": "t0ken"}


class JushuitanDouble:
    def __init__(self) -> None:
        self.orders: list[dict[str, Any]] = []
        self.asked: list[dict[str, Any]] = []
        # Codes to answer next in place of a page; "away" closes the line.
        self.errors: list[int | str] = []
        self.page_size = 50
        double = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
                answer = double.answer(self.path, dict(parse_qsl(body)))
                if answer is None:
                    self.close_connection = True
                    return
                told = json.dumps(answer, ensure_ascii=False).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

            def log_message(self, *_words: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()

    def answer(self, path: str, fields: dict[str, str]) -> dict[str, Any] | None:
        error = self.errors.pop(0) if self.errors else 0
        if error == "away":
            return None
        sign = fields.pop("sign")
        text = GIVEN["app_secret"] + "".join(f"{name}{value}" for name, value in sorted(fields.items()))
        if hashlib.md5(text.encode()).hexdigest() != sign:
            return {"code": 10, "msg": "sign error"}
        if path != "/open/orders/single/query" or (fields["charset"], fields["version"]) != ("utf-8", "2"):
            return {"code": 120, "msg": "bad request"}
        asked = json.loads(fields["biz"])
        self.asked.append(asked)
        if error:
            return {"code": error, "msg": "refused"}
        found = [
            each
            for each in self.orders
            if asked["modified_begin"] <= each["modified"] <= asked["modified_end"]
        ]
        start = (asked["page_index"] - 1) * self.page_size
        page = found[start : start + self.page_size]
        return {"code": 0, "msg": None, "data": {"orders": page, "has_next": start + len(page) < len(found)}}
