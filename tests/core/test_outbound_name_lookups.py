"""A name somebody chose is looked up while pages wait: never by so many at once that others find no place."""

import queue
import socket
import threading
import time

from shopcomm.core.outbound import calls as outbound
from shopcomm.core.outbound.calls import AddressRefused, check_outbound


def test_hanging_name_lookups_block_two_requests_and_not_all(monkeypatch):
    """Somebody who gives such names again and again would otherwise take every thread of a web process."""
    hangs = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: hangs.wait(10))
    monkeypatch.setattr(outbound, "LOOK_SECONDS", 1.5)
    told: queue.Queue[str] = queue.Queue()

    def look(name: str) -> None:
        try:
            check_outbound(f"https://{name}.example/")
        except AddressRefused as refused:
            told.put(str(refused))

    started = time.monotonic()
    pages = [threading.Thread(target=look, args=(f"slow{place}",)) for place in range(8)]
    for page in pages:
        page.start()
    refused = [told.get(timeout=10) for _ in range(6)]
    assert refused == ["正在查的地址太多，请过几秒再试"] * 6
    assert time.monotonic() - started < 1.4
    for page in pages:
        page.join()
    hangs.set()
    assert told.qsize() == 2
