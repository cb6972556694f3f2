"""Hosts that say what a test wants them to, and keep what they are told. They
need no other program."""

import hashlib
import http.server
import re
import threading
import time
import urllib.parse
from email.utils import formatdate
from xml.sax.saxutils import escape


class Host:
    """An HTTP server. `answer(request)` gives (status, headers, body); of each
    request it keeps method, path as sent and headers by lower-case name."""

    def __init__(self):
        host = self
        self.requests = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one packet

            def do_GET(self):
                request = {"method": self.command, "path": self.path,
                           "headers": {k.lower(): v for k, v in self.headers.items()}}
                host.requests.append(request)
                status, headers, body = host.answer(request)
                self.send_response_only(status)
                for name, value in {"Date": formatdate(host.now(), usegmt=True),
                                    "Content-Length": str(len(body)),
                                    **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

            def handle_error(self, *_):
                """Who does not wait for an answer is no error."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def now(self):
        return time.time()

    def answer(self, request):
        return 404, {}, b""

    def heard(self, text):
        """The requests in which `text` stands anywhere."""
        return [r for r in self.requests if text in str(r)]


class Files(Host):
    """Serves a dictionary of paths; a value that is a text is a redirect."""

    def __init__(self, files):
        self.files = files
        super().__init__()

    def answer(self, request):
        found = self.files.get(request["path"])
        if found is None:
            return 404, {}, b""
        if isinstance(found, str):
            return 302, {"Location": found}, b""
        return 200, {}, found


class S3(Host):
    """As much of S3 as a source asks of it, with signatures not verified but
    for their region and time. The keys are those of one bucket, "pool"."""

    page = 100

    def __init__(self, objects, region="us-east-1", ahead=0):
        self.objects = objects
        self.region = region
        self.ahead = ahead  # seconds of its clock
        self.served = 0
        super().__init__()

    def now(self):
        return time.time() + self.ahead

    def error(self, status, code, more="", headers=None):
        return status, headers or {}, (
            f"<?xml version='1.0'?><Error><Code>{code}</Code>{more}</Error>".encode())

    def etag(self, key):
        return f'"{hashlib.md5(self.objects[key]).hexdigest()}"'

    def refusal(self, request):
        """What is wrong with the signature."""
        signed = re.search(r"Credential=[^/]+/\d+/([^/]+)/s3/",
                           request["headers"].get("authorization", ""))
        if not signed:
            return self.error(403, "AccessDenied")
        if signed[1] != self.region:
            return self.error(400, "AuthorizationHeaderMalformed",
                              f"<Region>{self.region}</Region>")
        said = time.strptime(request["headers"]["x-amz-date"], "%Y%m%dT%H%M%SZ")
        if abs(time.mktime(said) - time.timezone - self.now()) > 900:
            return self.error(403, "RequestTimeTooSkewed")
        return None

    def answer(self, request):
        refused = self.refusal(request)
        if refused:
            return refused
        parts = urllib.parse.urlsplit(request["path"])
        _, bucket, key = urllib.parse.unquote(parts.path).split("/", 2) \
            if parts.path.count("/") > 1 else (*parts.path.split("/"), "")
        if bucket != "pool":
            return self.error(404, "NoSuchBucket")
        if not key:
            return self.listing(dict(urllib.parse.parse_qsl(parts.query)))
        if key not in self.objects:
            return self.error(404, "NoSuchKey")
        if request["headers"].get("if-match", self.etag(key)) != self.etag(key):
            return self.error(412, "PreconditionFailed")
        self.served += 1
        return self.object(key)

    def object(self, key):
        return 200, {"ETag": self.etag(key)}, self.objects[key]

    def listing(self, query):
        keys = sorted(k for k in self.objects if k.startswith(query.get("prefix", "")))
        begin = int(query.get("continuation-token", 0))
        rows = "".join(
            f"<Contents><Key>{escape(urllib.parse.quote(key))}</Key>"
            f"<ETag>{escape(self.etag(key))}</ETag>"
            f"<Size>{len(self.objects[key])}</Size></Contents>"
            for key in keys[begin:begin + self.page])
        more = begin + self.page < len(keys)
        return 200, {}, (
            "<ListBucketResult><EncodingType>url</EncodingType>"
            f"<IsTruncated>{'true' if more else 'false'}</IsTruncated>"
            + (f"<NextContinuationToken>{begin + self.page}</NextContinuationToken>"
               if more else "") + rows + "</ListBucketResult>").encode()
