"""A local nginx that answers at once or after a delay, as the tests of the
network use it."""
import contextlib
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]
                       / "tests" / "net"))
import _servers  # noqa: E402

DELAYS = (0, 5, 20)  # milliseconds, that it knows


@contextlib.contextmanager
def nginx():
    """A running one, with a folder `www` of its own."""
    with tempfile.TemporaryDirectory(prefix="quarry-bench-") as folder:
        try:
            server = _servers.Nginx(pathlib.Path(folder) / "nginx")
            with server:
                yield server
        except unittest.SkipTest as missing:
            sys.exit(f"{missing}: bash src/setup/setup.sh --with-test-tools")


def url(server, path, delay=0):
    """Where `path` below `www` is answered after `delay` milliseconds."""
    prefix = f"/delay{delay}" if delay else ""
    return f"{server.url}{prefix}/{path}"


def processes(server):
    """The ids of the server's processes, as a `--server` flag takes them."""
    master = server.process.pid
    children = pathlib.Path(f"/proc/{master}/task/{master}/children")
    return ",".join([str(master), *children.read_text(encoding="utf-8").split()])
