"""Real servers on free loopback ports, started by the tests that need them and
stopped by pid. A server that is not installed is a skip with a reason."""

import contextlib
import hashlib
import importlib.util
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

PROBE = os.environ.get("QUARRY_NET_PROBE", "build/dev/tests/quarry_net_probe")
SKIPPED = 77
given = set()  # ports


def free_port():
    """None of those that the kernel gives to outgoing connections: one of these
    might have it before the server that it is for. Never the same twice."""
    own = pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    ports = [port for port in range(10240, int(own[0])) if port not in given]
    for port in random.sample(ports, min(200, len(ports))):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            given.add(port)
            return port
    raise OSError("no port is free")


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def wait_until(ready, process, seconds=60):
    """Until `ready()` no longer raises OSError and is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args[0]} ended with {process.returncode}")
        try:
            if ready():
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise TimeoutError(f"{process.args[0]} is not ready after {seconds} s")


def stop(process, how=signal.SIGTERM):
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def connects(port):
    with socket.create_connection(("127.0.0.1", port), 1):
        return True


def make_certificate(folder):
    """cert.pem, which nobody else has signed, and key.pem of this machine."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout",
         folder / "key.pem", "-out", folder / "cert.pem", "-days", "30",
         "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost,IP:127.0.0.1"],
        check=True, stderr=subprocess.DEVNULL)


NGINX = """
load_module {echo};
daemon off; worker_processes 1; user {user}; pid nginx.pid; error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
  types {{ image/jpeg jpg; }} default_type application/octet-stream;
  access_log logs/access.log;
  client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp;
  uwsgi_temp_path tmp; scgi_temp_path tmp;
  gzip off; sendfile on; keepalive_timeout 30s; keepalive_requests 100000;
  limit_req_zone $binary_remote_addr zone=rl:1m rate=50r/s;
  server {{
    listen 127.0.0.1:{port}; listen 127.0.0.1:{tls} ssl;
    ssl_certificate cert.pem; ssl_certificate_key key.pem; root www;
    location = /healthz    {{ access_log off; return 200 "ok\\n"; }}
    location /slow/        {{ alias www/; limit_rate 1k; }}
    location /hang/        {{ alias www/; limit_rate_after 1k; limit_rate 1; }}
    location /fail503/     {{ add_header Retry-After 1 always; return 503 "busy\\n"; }}
    location /fail500/     {{ return 500 "oops\\n"; }}
    location /forbidden/   {{ return 403; }}
    location /gone/        {{ return 410; }}
    location /ratelimited/ {{ alias www/; limit_req zone=rl; limit_req_status 429;
                              add_header Retry-After 1 always; }}
    location /drop/        {{ return 444; }}
    location /redir/       {{ rewrite ^/redir/(.*)$ /$1 redirect; }}
    location /loop/        {{ return 302 /loop/; }}
    location /tofile/      {{ return 302 file:///etc/passwd; }}
    location /up/          {{ rewrite ^/up/(.*)$ https://127.0.0.1:{tls}/$1 redirect; }}
    location /updown/      {{ return 302 https://127.0.0.1:{tls}/downgrade/; }}
    location /downgrade/   {{ return 302 http://127.0.0.1:{port}/; }}
    location /badmd5/      {{ alias www/; add_header Content-MD5 1B2M2Y8AsgTpgAmY7PhCfg==; }}
    location /delay/       {{ echo_sleep 0.3; echo_exec @d; }}
    location /delay5/      {{ echo_sleep 0.005; echo_exec @d; }}
    location /delay20/     {{ echo_sleep 0.02; echo_exec @d; }}
    location @d            {{ rewrite ^/delay\d*/(.*)$ /$1 break; root www; }}
    location /norange/     {{ alias www/; max_ranges 0; }}
    location /noetag/      {{ alias www/; etag off; add_header Last-Modified ""; }}
    location ~ ^/noindex/.*[.]qidx$ {{ return 403; }}
    location /noindex/     {{ alias www/; }}
    location /auth/        {{ alias www/; auth_basic q; auth_basic_user_file htpasswd; }}
  }}
  server {{
    listen 127.0.0.1:{old_tls} ssl; root www;
    ssl_certificate cert.pem; ssl_certificate_key key.pem;
    ssl_protocols TLSv1 TLSv1.1; ssl_ciphers ALL:@SECLEVEL=0;
  }}
}}
"""


class Nginx:
    """Serves `www` over HTTP and, with a certificate of its own, over TLS."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.www = self.folder / "www"
        self.ca_file = self.folder / "cert.pem"
        self.port, self.tls, self.old_tls = free_port(), free_port(), free_port()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def tls_url(self):
        return f"https://127.0.0.1:{self.tls}"

    @property
    def old_tls_url(self):
        """With versions of TLS that nobody should speak."""
        return f"https://127.0.0.1:{self.old_tls}"

    def __enter__(self):
        module = pathlib.Path("/usr/lib/nginx/modules/ngx_http_echo_module.so")
        for program in ("nginx", "openssl"):
            if shutil.which(program) is None and not pathlib.Path(
                f"/usr/sbin/{program}"
            ).exists():
                raise unittest.SkipTest(f"{program} is not installed")
        if not module.exists():
            raise unittest.SkipTest("nginx's echo module is not installed")
        for name in ("logs", "tmp", "www"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        make_certificate(self.folder)
        hashed = subprocess.run(["openssl", "passwd", "-apr1", "pa ss"], check=True,
                                stdout=subprocess.PIPE, text=True).stdout
        (self.folder / "htpasswd").write_text(f"me:{hashed}", encoding="utf-8")
        user = "root" if os.geteuid() == 0 else "nobody"
        (self.folder / "nginx.conf").write_text(
            NGINX.format(echo=module, port=self.port, tls=self.tls,
                         old_tls=self.old_tls, user=user),
            encoding="utf-8")
        self.process = subprocess.Popen(
            [shutil.which("nginx") or "/usr/sbin/nginx", "-p", f"{self.folder}/",
             "-c", "nginx.conf"], stderr=subprocess.DEVNULL)
        wait_until(lambda: connects(self.port), self.process)
        return self

    def __exit__(self, *_):
        stop(self.process, signal.SIGQUIT)

    def requests(self):
        """The paths that were asked for, in order."""
        # A request is logged after its answer, and before the next is read.
        with urllib.request.urlopen(f"{self.url}/healthz", timeout=10) as answer:
            answer.read()
        lines = (self.folder / "logs/access.log").read_text(encoding="utf-8")
        return [line.split('"')[1].split()[1] for line in lines.splitlines()]


class Ftp:
    """Serves `root` to user q with the password "p w"."""

    scheme = "ftp"

    def __init__(self, root):
        self.root = root
        self.port = free_port()

    def __enter__(self):
        if importlib.util.find_spec("pyftpdlib") is None:
            raise unittest.SkipTest("pyftpdlib is not installed")
        self.process = subprocess.Popen(
            [sys.executable, *map(str, self.program())],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_until(lambda: connects(self.port), self.process)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        stop(self.process)

    def program(self):
        return ["-m", "pyftpdlib", "-i", "127.0.0.1", "-p", self.port, "-d", self.root,
                "-u", "q", "-P", "p w"]

    def url(self, path="", user="q:p%20w"):
        return f"{self.scheme}://{user}@127.0.0.1:{self.port}/{path}"


class Ftps(Ftp):
    """The same, to those who speak TLS from the first byte on; certificate and key
    lie in `folder`."""

    scheme = "ftps"
    code = """
import sys
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import TLS_FTPHandler
from pyftpdlib.servers import FTPServer

port, root, folder = sys.argv[1:]

class Handler(TLS_FTPHandler):
    certfile, keyfile = folder + "/cert.pem", folder + "/key.pem"
    tls_control_required = tls_data_required = True
    authorizer = DummyAuthorizer()

    def handle(self):
        self.secure_connection(self.ssl_context)

    def handle_ssl_established(self):
        super().handle()

Handler.authorizer.add_user("q", "p w", root)
FTPServer(("127.0.0.1", int(port)), Handler).serve_forever()
"""

    def __init__(self, root, folder):
        super().__init__(root)
        self.folder = pathlib.Path(folder)
        self.ca_file = self.folder / "cert.pem"

    def __enter__(self):
        if importlib.util.find_spec("OpenSSL") is None:
            raise unittest.SkipTest("pyopenssl is not installed")
        make_certificate(self.folder)
        return super().__enter__()

    def program(self):
        return ["-c", self.code, self.port, self.root, self.folder]


@contextlib.contextmanager
def folder():
    with tempfile.TemporaryDirectory(prefix="quarry-net-") as name:
        yield pathlib.Path(name)


def write_pool(www, count=200):
    """Files of several sizes; name → digest of the bytes."""
    digests = {}
    for i in range(count):
        data = hashlib.sha256(str(i).encode()).digest() * (1 + i % 97)
        name = f"{i % 7}/{i:04}.jpg"
        path = www / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        digests[name] = sha256(data)
    return digests


def probe(kind, what, environment=None, timeout=120, **options):
    """What quarry_net_probe says of a source."""
    flags = [f"{name}={value}" for name, value in options.items()]
    done = subprocess.run(
        [PROBE, kind, str(what), *flags], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, timeout=timeout, check=False, text=True,
        env={**os.environ, "no_proxy": "127.0.0.1,localhost", **(environment or {})})
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{done.args}: {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout)


def main():
    """Runs the tests of the calling file; all skipped is exit code 77."""
    program = unittest.main(module="__main__", exit=False, verbosity=2)
    result = program.result
    if not result.wasSuccessful():
        sys.exit(1)
    if result.testsRun == 0 or len(result.skipped) == result.testsRun:
        sys.exit(SKIPPED)
