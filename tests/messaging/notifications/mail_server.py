"""A mail server for tests."""

import socket
import threading
from typing import Any


class MailServer(threading.Thread):
    """As much of RFC 5321 as a client needs, on a real socket."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.mails: list[str] = []
        self.answer_to_rcpt = "250 ok"
        self.start()

    @classmethod
    def set_in(cls, settings: Any) -> "MailServer":
        """One that the shop's mail goes to."""
        server = cls()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_URL = f"smtp://127.0.0.1:{server.port}"
        return server

    def run(self) -> None:
        while True:
            try:
                connection, _address = self.socket.accept()
            except OSError:
                return
            with connection, connection.makefile("rw", newline="\r\n") as wire:
                self._talk(wire)

    def _talk(self, wire) -> None:
        def say(line: str) -> None:
            wire.write(line + "\r\n")
            wire.flush()

        say("220 tests")
        for line in wire:
            verb = line[:4].upper()
            if verb == "DATA":
                say("354 go on")
                mail = []
                while (text := wire.readline()) not in (".\r\n", ".\n"):
                    mail.append(text)
                self.mails.append("".join(mail))
                say("250 kept")
            elif verb == "RCPT":
                say(self.answer_to_rcpt)
            elif verb == "QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")
