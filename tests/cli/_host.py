"""A host of HTTP on the loopback that gives away the files of a folder."""

import http.server
import re
import threading


class Ranges(http.server.BaseHTTPRequestHandler):
    """The files of `folder` by ranges; no sidecars where `sidecars` is false."""

    folder = None
    sidecars = True
    asked = []

    def do_GET(self):
        self.asked.append(self.path)
        path = self.folder / self.path[1:]
        if not path.is_file() or (path.suffix == ".qidx" and not self.sidecars):
            return self.send_error(404)
        body = path.read_bytes()
        size = len(body)
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if self.headers.get("If-None-Match") == '"1"':
            self.send_response(304)
            return self.end_headers()
        self.send_response(206 if found else 200)
        if found:
            first, last = int(found[1]), min(int(found[2]), size - 1)
            body = body[first : last + 1]
            self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
        self.send_header("ETag", '"1"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:  # a second request was faster
            pass

    def log_message(self, *args):
        pass


def serve(test, handler):
    """The URL of a server that lives as long as the test."""
    host = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=host.serve_forever, daemon=True).start()
    test.addCleanup(host.server_close)
    test.addCleanup(host.shutdown)
    return f"http://127.0.0.1:{host.server_port}"
