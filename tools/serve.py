"""Serve the built site on this machine only.

python -m tools.serve [--port 8000]
"""

import argparse
import functools
import sys
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from tools.project import SITE


class Handler(SimpleHTTPRequestHandler):
    """Serves modules and WebAssembly under the types that browsers insist on, on every system."""

    extensions_map = {  # noqa: RUF012
        **SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript",
        ".wasm": "application/wasm",
    }

    def log_message(self, *_):
        """Stay quiet: the terminal is for errors."""


def server(folder=SITE, port=0):
    """Return a server of `folder` on 127.0.0.1, ready for ``serve_forever``; port 0 takes a free one."""
    return ThreadingHTTPServer(("127.0.0.1", port), functools.partial(Handler, directory=str(folder)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=8000)
    port = parser.parse_args().port
    if not (SITE / "index.html").is_file():
        sys.exit("serve: there is no site yet; build it with: make book")
    try:
        http = server(port=port)
    except OSError as error:
        sys.exit(f"serve: port {port} cannot be used ({error.strerror}); name another: make serve PORT={port + 1}")
    print(f"serve: http://127.0.0.1:{http.server_port}/ (stop with Ctrl-C)", flush=True)
    try:
        http.serve_forever()
    except KeyboardInterrupt:
        print("serve: stopped")


if __name__ == "__main__":
    main()
