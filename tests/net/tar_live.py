#!/usr/bin/env python3
"""TarSource over HTTP gives what it gives of the same files here."""

import io
import os
import pathlib
import subprocess
import tarfile
import time
import unittest

import _servers as servers


def write_shard(path, members, mode="w"):
    """A tar archive by Python's tarfile; members are (name, bytes)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, mode) as tar:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


def write_shards(folder):
    """Three shards of small members with labels, and one of large ones."""
    for shard in range(3):
        members = []
        for i in range(300):
            data = servers.sha256(f"{shard} {i}".encode()).encode() * (1 + i % 40)
            members += [(f"{i:04}.cls", str(i % 10).encode()), (f"{i:04}.jpg", data)]
        write_shard(folder / f"small-{shard:03}.tar", members)
    write_shard(folder / "large.tar",
                [(f"{i}.png", os.urandom(3 << 20)) for i in range(6)])


def facts(got):
    """What must not depend on where a pool is."""
    return [(s["id"], s.get("truth"), s["sha256"]) for s in got["samples"]]


class Tar(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.context = servers.folder()
        cls.folder = cls.context.__enter__()
        cls.addClassCleanup(lambda: cls.context.__exit__(None, None, None))
        cls.nginx = servers.Nginx(cls.folder / "nginx")
        cls.nginx.__enter__()
        cls.addClassCleanup(lambda: cls.nginx.__exit__())
        cls.www = cls.nginx.www
        write_shards(cls.www)
        cls.pattern = "small-{000..002}.tar"
        cls.local = facts(servers.probe("tar", cls.www / cls.pattern))

    def read(self, pattern, **options):
        return servers.probe("tar", pattern, **options)

    def test_the_samples_are_those_of_the_files(self):
        self.assertEqual(len(self.local), 900)
        self.assertEqual(self.local[1][:2], ("small-000.tar#0001.jpg", "1"))
        got = self.read(f"{self.nginx.url}/{self.pattern}")
        self.assertEqual(facts(got), self.local)
        self.assertEqual(got["samples"][1]["uri"],
                         f"{self.nginx.url}/small-000.tar#0001.jpg")
        host, = got["hosts"]
        self.assertEqual(host["failed"], 3)  # there are no sidecars
        # Neighbours come together: the first of a pool alone, then in blocks.
        self.assertLess(host["requests"], 60)
        tls = self.read(f"{self.nginx.tls_url}/{self.pattern}",
                        ca_file=self.nginx.ca_file)
        self.assertEqual(facts(tls), self.local)
        self.assertEqual(facts(self.read(f"{self.nginx.url}/redir/{self.pattern}")),
                         self.local)

    def test_finding_members_does_not_fetch_them(self):
        size = (self.www / "large.tar").stat().st_size
        pause = self.folder / "pause"
        process = self.start(f"{self.nginx.url}/large.tar", pause)
        before = len(self.nginx.requests())
        self.assertGreaterEqual(before, 6)
        pause.unlink()
        got = self.finish(process)
        host, = got["hosts"]
        # A block of 1 MiB a header, then each member once.
        self.assertLess(host["bytes"], size + (7 << 20))
        self.assertEqual(facts(got),
                         facts(servers.probe("tar", self.www / "large.tar")))

    def start(self, pattern, pause, **options):
        """A probe that has opened its source and waits for `pause` to go."""
        flags = [f"{name}={value}" for name, value in options.items()]
        process = subprocess.Popen(
            [servers.PROBE, "tar", pattern, f"pause={pause}", *flags],
            stdout=subprocess.PIPE, text=True,
            env={**os.environ, "no_proxy": "127.0.0.1"})
        self.addCleanup(servers.stop, process)
        self.addCleanup(process.stdout.close)
        servers.wait_until(pause.exists, process)
        return process

    def finish(self, process):
        out, _ = process.communicate(timeout=120)
        return servers.json.loads(out)

    def test_a_shard_that_changes_fails_and_never_mixes(self):
        for place in ("", "noetag/"):
            path = self.www / "changing.tar"
            write_shard(path, [(f"{i}.jpg", b"old" * 100) for i in range(20)])
            pause = self.folder / "pause"
            process = self.start(f"{self.nginx.url}/{place}changing.tar", pause)
            # As long; one more for the host that tells sizes alone.
            write_shard(path, [(f"{i}.jpg", b"new" * 100)
                               for i in range(60 if place else 20)])
            later = time.time() + 100
            os.utime(path, (later, later))
            pause.unlink()
            got = self.finish(process)
            self.assertEqual({s.get("error") for s in got["samples"]},
                             {"shard.changed"}, place)
            self.assertFalse(any(s["run"] for s in got["samples"]))

    def test_a_sidecar_spares_going_through_the_headers(self):
        members = [(f"{i}.jpg", b"x" * 1000) for i in range(10)]
        path = self.www / "indexed" / "s.tar"
        write_shard(path, members)
        with tarfile.open(path) as tar:
            lines = [{"name": f"renamed/{m.name}", "offset": m.offset_data,
                      "size": m.size, "truth": "cat"} for m in tar]
        head = {"quarry_shard_index": 1, "kind": "tar", "size": path.stat().st_size,
                "members": 10, "ignored": 0}
        text = "".join(servers.json.dumps(line) + "\n" for line in [head, *lines])
        sidecar = path.with_name("s.tar.qidx")
        sidecar.write_text(text, encoding="utf-8")
        before = len(self.nginx.requests())
        got = self.read(f"{self.nginx.url}/indexed/s.tar")
        self.assertEqual([s["id"] for s in got["samples"]],
                         [f"s.tar#renamed/{i}.jpg" for i in range(10)])
        self.assertEqual({s["sha256"] for s in got["samples"]},
                         {servers.sha256(b"x" * 1000)})
        self.assertEqual(got["samples"][0]["truth"], "cat")
        asked = self.nginx.requests()[before:]
        self.assertEqual(asked[:2], ["/indexed/s.tar", "/indexed/s.tar.qidx"])
        # A host that calls what is not there forbidden.
        got = self.read(f"{self.nginx.url}/noindex/indexed/s.tar")
        self.assertEqual(got["samples"][0]["id"], "s.tar#0.jpg")
        for text in ("<html>", text.replace(f'"size": {head["size"]}', '"size": 10241'),
                     text.rsplit("\n", 2)[0]):
            sidecar.write_text(text, encoding="utf-8")
            self.assertEqual(
                self.read(f"{self.nginx.url}/indexed/s.tar")["error"], "shard.index")

    def test_a_host_without_ranges_is_named_and_not_read_to_the_end(self):
        got = self.read(f"{self.nginx.url}/norange/large.tar")
        self.assertEqual(got["error"], "net.range")
        self.assertIn(self.nginx.url, got["message"])

    def test_what_is_missing_or_no_archive_is_an_error(self):
        self.assertEqual(self.read(f"{self.nginx.url}/nothere.tar")["error"],
                         "net.not_found")
        (self.www / "picture.tar").write_bytes(b"\xff\xd8\xff" * 1000)
        self.assertEqual(self.read(f"{self.nginx.url}/picture.tar")["error"],
                         "source.format")
        (self.www / "empty.tar").write_bytes(b"")
        self.assertEqual(self.read(f"{self.nginx.url}/empty.tar")["error"],
                         "source.format")

    def test_a_shard_that_is_cut_off_is_read_up_to_there(self):
        whole = (self.www / "small-000.tar").read_bytes()
        (self.www / "cut.tar").write_bytes(whole[:100_000])
        got = self.read(f"{self.nginx.url}/cut.tar")
        here = servers.probe("tar", self.www / "cut.tar")
        self.assertEqual(got["samples"][-1]["error"], "tar.corrupt")
        self.assertEqual([(s["id"], s.get("sha256")) for s in got["samples"]],
                         [(s["id"], s.get("sha256")) for s in here["samples"]])

    def test_compressed_shards_are_fetched_whole(self):
        members = [(f"{i}.jpg", os.urandom(1000)) for i in range(100)]
        write_shard(self.www / "s.tar.gz", members, "w:gz")
        write_shard(self.www / "s.tar.xz", members, "w:xz")
        for name in ("s.tar.gz", "s.tar.xz"):
            got = self.read(f"{self.nginx.url}/{name}")
            self.assertEqual([s["sha256"] for s in got["samples"]],
                             [servers.sha256(data) for _, data in members])
            self.assertEqual(
                self.read(f"{self.nginx.url}/{name}", max_bytes=50_000)["error"],
                "net.too_large")
        # Small, but not when it is unpacked.
        write_shard(self.www / "bomb.tar.xz", [("a.jpg", bytes(1 << 24))], "w:xz")
        self.assertEqual(
            self.read(f"{self.nginx.url}/bomb.tar.xz", max_bytes=1 << 20)["error"],
            "net.too_large")

    def test_too_large_a_member_fails_alone(self):
        write_shard(self.www / "mixed.tar", [("a.jpg", b"a"), ("b.jpg", bytes(9000)),
                                             ("c.jpg", b"c")])
        got = self.read(f"{self.nginx.url}/mixed.tar", max_bytes=5000)
        if "error" in got:  # a block of headers is larger, too
            self.fail(got)
        self.assertEqual([s.get("error") for s in got["samples"]],
                         [None, "net.too_large", None])

    def test_credentials_are_sent_and_never_shown(self):
        url = self.nginx.url.replace("//", "//me:pa%20ss@")
        got = self.read(f"{url}/auth/{self.pattern}")
        self.assertEqual(facts(got), self.local)
        self.assertNotIn("pa%20ss", str(got))
        self.assertNotIn("me:", str(got))
        self.assertEqual(self.read(f"{self.nginx.url}/auth/large.tar")["error"],
                         "net.forbidden")


if __name__ == "__main__":
    servers.main()
