"""Serves the pages about the checks to a browser on this machine, for as long as the UI runs that links to them.

    python -m nplv_orchestration.docs_server FOLDER PORT

A page that a browser has from the UI cannot open a file, so the pages need an address. Nothing but finished files is served, to
nobody elsewhere; making the pages is in `data_docs`.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO

HOST = "127.0.0.1"


class _Pages(SimpleHTTPRequestHandler):
    """Files only, and only for who asks for this machine by its own name: a page from elsewhere cannot read them under another name."""

    def send_head(self) -> BytesIO | None:  # type: ignore[override]
        """As the files are, after looking at who is asked for."""
        if self.headers.get("Host", "").rpartition(":")[0] not in (HOST, "localhost"):
            self.send_error(HTTPStatus.FORBIDDEN)
            return None
        return super().send_head()  # type: ignore[return-value]

    def list_directory(self, path: str | os.PathLike[str]) -> BytesIO | None:
        """No listing of a folder."""
        self.send_error(HTTPStatus.NOT_FOUND)
        return None

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the terminal is the UI's."""


def serve(folder: str, port: int) -> ThreadingHTTPServer:
    """A server of a folder; not started. Raises OSError when the port is taken."""
    return ThreadingHTTPServer((HOST, port), partial(_Pages, directory=folder))


def _end_with_parent(server: ThreadingHTTPServer, parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    server.shutdown()


if __name__ == "__main__":
    with serve(sys.argv[1], int(sys.argv[2])) as pages:
        threading.Thread(target=_end_with_parent, args=(pages, os.getppid()), daemon=True).start()
        pages.serve_forever()
