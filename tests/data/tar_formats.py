#!/usr/bin/env python3
"""TarSource against two other programs that write tar: Python's tarfile, which
also reads the same archives as the oracle, and GNU tar."""

import hashlib
import io
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest

PROBE = os.environ.get("QUARRY_NET_PROBE", "build/dev/tests/quarry_net_probe")
FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT,
           "pax": tarfile.PAX_FORMAT}
SHORT = ["a.jpg", "ü/☃.png", "with space & 'quotes'.jpg", "x/y/z/deep.JPEG", "#%?.jpg",
         "back\\slash.jpg"]
LONG = ["d" * 90 + "/" + "f" * 60 + ".jpg",  # fits ustar's two fields
        "n" * 150 + ".jpg", "ä" * 100 + ".jpg",
        "/".join(["folder" * 10] * 6) + "/" + "ö" * 110 + ".jpg"]


def read(pattern, locale="C"):
    done = subprocess.run(
        [PROBE, "tar", str(pattern)], stdout=subprocess.PIPE, check=False, timeout=60,
        env={**os.environ, "LC_ALL": locale})
    got = json.loads(done.stdout)
    if "error" in got:
        raise AssertionError(got)
    return [(s["id"].split("#", 1)[1], s.get("sha256", s.get("error")))
            for s in got["samples"]]


def digest(data):
    return hashlib.sha256(data).hexdigest()


def by_tarfile(path):
    """What Python's tarfile finds."""
    with tarfile.open(path) as tar:
        return [(m.name.removeprefix("./"), digest(tar.extractfile(m).read()))
                for m in tar if m.isreg()]


class Formats(unittest.TestCase):
    def setUp(self):
        self.context = tempfile.TemporaryDirectory(prefix="quarry-tar-")
        self.folder = pathlib.Path(self.context.name)
        self.addCleanup(self.context.cleanup)
        self.random = random.Random(5)

    def bytes_for(self, name):
        size = self.random.choice([0, 1, 511, 512, 513, 1024, 5000, 40_000])
        return self.random.randbytes(size) if name else b""

    def test_archives_of_tarfile_are_read_as_tarfile_reads_them(self):
        for name, kind in FORMATS.items():
            path = self.folder / f"{name}.tar"
            names = SHORT + (LONG if name != "ustar" else LONG[:1])
            with tarfile.open(path, "w", format=kind) as tar:
                for member in names:
                    info = tarfile.TarInfo(member)
                    data = self.bytes_for(member)
                    info.size = len(data)
                    info.mtime = 1_700_000_000.123456 if name == "pax" else 0
                    info.pax_headers = {"QUARRY.key": "ü" * 3000}
                    tar.addfile(info, io.BytesIO(data))
                    link = tarfile.TarInfo(f"link-{member[-8:]}")
                    link.type, link.linkname = tarfile.SYMTYPE, "a.jpg"
                    tar.addfile(link)
            for locale in ("C", "C.UTF-8"):
                self.assertEqual(read(path, locale), by_tarfile(path), (name, locale))
            self.assertEqual([n for n, _ in by_tarfile(path)], names)

    def test_archives_of_gnu_tar_are_read_as_tarfile_reads_them(self):
        if shutil.which("tar") is None:
            self.skipTest("tar is not installed")
        tree = self.folder / "tree"
        for name in SHORT + LONG:
            path = tree / name
            if any(len(part.encode()) > 255 for part in path.parts):
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.bytes_for(name))
        os.symlink("a.jpg", tree / "soft.jpg")
        os.link(tree / "a.jpg", tree / "zz-hard.jpg")
        (tree / ".hidden.jpg").write_bytes(b"hidden")
        for kind in ("v7", "oldgnu", "gnu", "ustar", "pax"):
            for more in ([], ["--gzip"]):
                path = self.folder / f"{kind}.tar"
                done = subprocess.run(
                    ["tar", f"--format={kind}", "--sort=name", "-cf", path, *more, "-C",
                     tree, "."], stderr=subprocess.DEVNULL, check=False)
                # v7 and ustar leave out names that they cannot hold.
                self.assertIn(done.returncode, (0, 2))
                expected = [(n, d) for n, d in by_tarfile(path) if n != ".hidden.jpg"]
                self.assertGreaterEqual(len(expected), len(SHORT))
                self.assertEqual(read(path), expected, kind)

    def test_what_gnu_tar_stores_sparsely_fails_and_the_rest_is_read(self):
        if shutil.which("tar") is None:
            self.skipTest("tar is not installed")
        tree = self.folder / "tree"
        tree.mkdir()
        (tree / "a.jpg").write_bytes(b"a" * 1000)
        with open(tree / "b.jpg", "wb") as file:
            file.write(b"b" * 4096)
            file.truncate(1 << 22)
            file.seek((1 << 22) - 1)
            file.write(b"b")
        (tree / "c.jpg").write_bytes(b"c" * 1000)
        for options in (["--format=oldgnu"], ["--format=gnu"],
                        *(["--format=pax", f"--sparse-version={v}"]
                          for v in ("0.0", "0.1", "1.0"))):
            path = self.folder / "s.tar"
            subprocess.run(["tar", "--sparse", *options, "--sort=name", "-cf", path,
                            "-C", tree, "."], check=True)
            if path.stat().st_size > 1 << 20:
                self.skipTest("the file system has no holes")
            self.assertEqual(read(path), [("a.jpg", digest(b"a" * 1000)),
                                          ("b.jpg", "tar.sparse"),
                                          ("c.jpg", digest(b"c" * 1000))], options)

    def test_an_archive_that_grew_is_read_to_its_end(self):
        if shutil.which("tar") is None:
            self.skipTest("tar is not installed")
        for name in ("a.jpg", "b.jpg"):
            (self.folder / name).write_bytes(name.encode())
        path = self.folder / "s.tar"
        subprocess.run(["tar", "-cf", path, "-C", self.folder, "a.jpg"], check=True)
        subprocess.run(["tar", "-rf", path, "-C", self.folder, "b.jpg"], check=True)
        self.assertEqual(read(path), [("a.jpg", digest(b"a.jpg")),
                                      ("b.jpg", digest(b"b.jpg"))])

    def test_a_member_of_more_than_8_gib_is_passed(self):
        path = self.folder / "s.tar"
        with open(path, "wb") as file:
            for name, size in (("big.bin", 9 << 30), ("a.jpg", 3)):
                info = tarfile.TarInfo(name)
                info.size = size
                file.write(info.tobuf(tarfile.GNU_FORMAT))
                if size == 3:
                    file.write(b"abc" + bytes(509 + 1024))
                else:
                    file.seek(size, os.SEEK_CUR)  # a hole
        if path.stat().st_blocks > 1000:
            self.skipTest("the file system has no holes")
        self.assertEqual(read(path), [("a.jpg", digest(b"abc"))])

    def test_the_pictures_of_cifar10_are_read_as_tarfile_reads_them(self):
        archive = pathlib.Path(os.environ.get("QUARRY_SHARED", "../shared"),
                               "data/cifar10-jpeg.tar.gz")
        if not archive.exists():
            self.skipTest(f"{archive} is not there")
        got = read(archive)
        self.assertEqual(len(got), 60_000)
        self.assertEqual(got, by_tarfile(archive))


if __name__ == "__main__":
    program = unittest.main(exit=False, verbosity=2)
    if not program.result.wasSuccessful():
        sys.exit(1)
