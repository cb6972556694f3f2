"""What the tests of the command line share. Standard library only."""

import functools
import json
import os
import pathlib
import struct
import subprocess
import sys
import tarfile
import tempfile
import unittest
import zlib

# Absolute: each test runs in a folder of its own.
QUARRY = os.path.abspath(os.environ.get("QUARRY", "build/dev/quarry"))
SHARED = pathlib.Path(os.environ.get("QUARRY_SHARED", "../shared")).resolve()
SKIPPED = 77


class Outcome:
    """How a run of the program ended."""

    def __init__(self, done):
        self.code = done.returncode
        self.out = done.stdout.decode("utf-8", "replace")
        self.err = done.stderr.decode("utf-8", "replace")

    def json(self):
        """The one document on stdout; anything else there is an error."""
        return json.loads(self.out)

    def error_lines(self):
        return [line for line in self.err.splitlines() if line.startswith("error")]

    def __repr__(self):
        return f"exit {self.code}\n--- stdout\n{self.out}--- stderr\n{self.err}"


def quarry(*args, cwd=None, timeout=300, environment=None):
    done = subprocess.run(
        [QUARRY, *map(str, args)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        cwd=cwd,
        timeout=timeout,
        env={**os.environ, **(environment or {})},
    )
    return Outcome(done)


def has_torch():
    return quarry("doctor", "--json").json()["torch"] is not None


def png(color, side):
    """A picture of one color."""

    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data
                + struct.pack(">I", zlib.crc32(kind + data)))

    row = b"\0" + bytes(color) * side
    return (b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(row * side)) + chunk(b"IEND", b""))


def write_npy(path, values, shape, kind="<f8"):
    """Format 1.0. `values` is flat, in C order."""
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape!r}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    letter = {"<f8": "d", "<f4": "f", "<i8": "q"}[kind]
    pathlib.Path(path).write_bytes(
        b"\x93NUMPY\x01\x00"
        + struct.pack("<H", len(header))
        + header.encode()
        + struct.pack(f"<{len(values)}{letter}", *values)
    )
    return str(path)


def read_npy(path):
    """(shape, flat values) of a little-endian float file of format 1.0."""
    data = pathlib.Path(path).read_bytes()
    (length,) = struct.unpack("<H", data[8:10])
    header = eval(data[10 : 10 + length])  # a literal, by the format
    body = data[10 + length :]
    kinds = {"<f2": ("e", 2), "<f4": ("f", 4), "<f8": ("d", 8)}
    letter, size = kinds[header["descr"]]
    return header["shape"], struct.unpack(f"<{len(body) // size}{letter}", body)


@functools.lru_cache(maxsize=1)
def _cifar_test_set():
    """{class: {file name: bytes}} of CIFAR-10's test set."""
    by_class = {}
    with tarfile.open(SHARED / "data" / "cifar10-jpeg.tar.gz") as tar:
        for member in tar:
            parts = member.name.split("/")
            if member.isfile() and "test" in parts:
                names = by_class.setdefault(parts[-2], {})
                names[parts[-1]] = tar.extractfile(member).read()
    return by_class


def cifar_images(folder, count):
    """Writes `count` JPEGs of CIFAR-10's test set, classes in turn, to
    folder/<class>/NNNN.jpg; their paths."""
    by_class = _cifar_test_set()
    paths = []
    for number in range(count):
        label = sorted(by_class)[number % len(by_class)]
        name = sorted(by_class[label])[number // len(by_class)]
        path = pathlib.Path(folder) / label / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(by_class[label][name])
        paths.append(path)
    return paths


def coloured_pool(folder, count, side):
    """Writes `count` PNGs to folder/red and folder/blue, in turn, no two the
    same."""
    for number in range(count):
        label = ("red", "blue")[number % 2]
        color = (250 - number, 0, 9) if label == "red" else (9, 0, 250 - number)
        (folder / label).mkdir(parents=True, exist_ok=True)
        (folder / label / f"{number}.png").write_bytes(png(color, side))


def small_model():
    model = SHARED / "models" / "small.pt"
    return model if model.exists() else None


class TestCase(unittest.TestCase):
    """Each test has a fresh folder, `self.dir`, in which it runs: a workspace
    without a name is there."""

    maxDiff = None

    def setUp(self):
        self._folder = tempfile.TemporaryDirectory()
        self.dir = pathlib.Path(self._folder.name)
        self._before = os.getcwd()
        os.chdir(self.dir)

    def tearDown(self):
        os.chdir(self._before)
        self._folder.cleanup()

    def expect(self, outcome, code, *, error=None):
        """The exit code and, when it failed, one line `error[id]`."""
        self.assertEqual(outcome.code, code, outcome)
        lines = outcome.error_lines()
        if error is None:
            self.assertEqual(lines, [], outcome)
        else:
            self.assertEqual(len(lines), 1, outcome)
            self.assertTrue(lines[0].startswith(f"error[{error}]: "), outcome)
        return outcome


def skip(why):
    print(f"SKIPPED: {why}", file=sys.stderr)
    sys.exit(SKIPPED)


def main(*, torch=False, shared=False):
    """Runs the tests of the calling file, or says loudly why not."""
    if torch and not has_torch():
        skip("this quarry was built without libtorch")
    if shared and (small_model() is None):
        skip(f"there is no shared data at {SHARED}")
    unittest.main(module="__main__", verbosity=2)


