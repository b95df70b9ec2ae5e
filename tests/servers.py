"""A loopback web server that fails in every way a mirror can."""

from __future__ import annotations

import os
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = b"\n<!DOCTYPE html><title>Please log in</title>"


class MisbehavingServer(ThreadingHTTPServer):
    """Serves `files` at /<behaviour>/<file>, where the behaviour says what goes wrong.

    `requests` lists the paths that were asked for with GET; `stalled` is set once a client waits in
    the middle of a body.
    """

    daemon_threads = True

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files = files
        self.requests: list[str] = []
        self.stalled = threading.Event()
        self.released = threading.Event()

    def url(self, behaviour: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{behaviour}/"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that gives up is part of the plan."""


class _Handler(BaseHTTPRequestHandler):
    server: MisbehavingServer

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.end_headers()

    def do_GET(self) -> None:
        self.server.requests.append(self.path)
        _, behaviour, file = self.path.split("/")
        body = self.server.files[file]
        if behaviour == "altered":
            middle = len(body) // 2
            body = body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]
        elif behaviour == "page":
            body = PAGE
        status = {"missing": 404, "broken": 500}.get(behaviour, 200)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if behaviour in ("truncated", "stall", "reset"):
            self.wfile.write(body[: len(body) // 2])
            if behaviour == "stall":
                self.server.stalled.set()
                self.server.released.wait(60)
            elif behaviour == "reset":  # closing with nothing to linger for sends RST, not FIN
                self.connection.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )
                os.close(self.connection.detach())
        else:
            self.wfile.write(body)


@contextmanager
def misbehaving_server(files: dict[str, bytes]) -> Iterator[MisbehavingServer]:
    server = MisbehavingServer(files)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


def refusing_url() -> str:
    """The address of a port where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/"
