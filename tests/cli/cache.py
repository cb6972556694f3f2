"""The flags of the cache of fetched objects, as pack has them."""

import hashlib
import json

from _host import Ranges, serve
from _quarry import TestCase, main, quarry

JPEG = b"\xff\xd8\xff\xe0"
COUNT = 40


def snapshot(folder):
    """{path below the folder: when it was written and what it holds, in short}."""
    return {str(path.relative_to(folder)):
            (path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest())
            for path in folder.rglob("*") if path.is_file()}


class Cache(TestCase):
    def setUp(self):
        super().setUp()
        self.www = self.dir / "www"
        self.www.mkdir()
        names = [f"{number:03}.jpg" for number in range(COUNT)]
        for name in names:
            (self.www / name).write_bytes(JPEG + name.encode() * 99)
        (self.www / "pool.txt").write_text("\n".join(names))
        self.host = type("Host", (Ranges,), {"folder": self.www, "asked": []})
        self.url = serve(self, self.host)
        self.pool = f"{self.url}/pool.txt"
        self.workspace = self.dir / "workspace"

    def pack(self, out, *more, data=None):
        return quarry("pack", "--data", data or self.pool, "--to", "tar", "--out",
                      self.dir / out, "--workspace", self.workspace, "--json", *more)

    def packed(self, out):
        return (self.dir / out / "pool-000000.tar").read_bytes()

    def break_cache(self):
        """It opens, and no body can be written."""
        (self.workspace / "bytes").mkdir(parents=True)
        (self.workspace / "bytes/objects").write_text("no folder")

    def expect_write_failure(self, outcome):
        notes = [line for line in outcome.err.splitlines() if "(cache.write)" in line]
        self.assertEqual(len(notes), 1, outcome)
        self.assertTrue(notes[0].startswith("note: "), outcome)
        self.assertIn("nothing more is kept", notes[0])

    def test_a_second_run_reads_what_the_first_has_kept(self):
        self.expect(self.pack("none"), 0)
        self.assertFalse(self.workspace.exists())
        first = self.expect(self.pack("first", "--cache", "on"), 0).json()
        self.assertEqual(first["network"][0]["cached"], 0)
        self.assertNotIn("cache_failures", first)
        second = self.expect(self.pack("second", "--cache", "on"), 0).json()
        # The list was one of them.
        self.assertEqual(second["network"][0]["cached"], COUNT + 1)
        self.assertEqual(second["network"][0]["bytes"], 0)
        asked = len(self.host.asked)
        self.expect(self.pack("offline", "--offline"), 0)
        self.assertEqual(len(self.host.asked), asked)
        for out in ("first", "second", "offline"):
            self.assertEqual(self.packed(out), self.packed("none"))

    def test_a_configuration_file_has_the_flags(self):
        config = self.dir / "run.yaml"
        config.write_text(
            f"data: {self.pool}\nto: tar\nout: {self.dir}/out\njson: true\n"
            f"workspace: {self.workspace}\ncache: on\ncache_size: 100kB\n"
        )
        self.expect(quarry("pack", "--config", config), 0)
        bodies = [path for path in self.workspace.rglob("*") if len(path.name) == 64]
        self.assertTrue(0 < len(bodies) <= 100_000 // 4096, bodies)
        # The command line wins.
        self.expect(quarry("pack", "--config", config, "--cache-size", "1MiB",
                           "--out", self.dir / "more"), 0)
        asked = len(self.host.asked)
        config.write_text(config.read_text() + "offline: true\n")
        document = self.expect(
            quarry("pack", "--config", config, "--out", self.dir / "offline"), 0
        ).json()
        self.assertEqual(document["pool"]["packed"], COUNT)
        self.assertEqual(len(self.host.asked), asked)
        for line, error in (("cache: maybe", "cli.config"),
                            ("cache_size: lots", "cli.config"),
                            ("cache: write\noffline: true", "cli.value")):
            config.write_text(f"data: {self.pool}\nto: tar\nout: {self.dir}/no\n{line}")
            self.expect(quarry("pack", "--config", config), 2, error=error)
            self.assertFalse((self.dir / "no").exists())

    def test_what_cannot_be_meant_is_refused_before_anything_is_made(self):
        for flags in (("--offline", "--cache", "write"), ("--workspace", "")):
            outcome = quarry("pack", "--data", self.pool, "--to", "tar", "--out",
                             self.dir / "out", *flags)
            self.expect(outcome, 2, error="cli.value")
            self.assertIn(flags[0], outcome.err)
        self.assertFalse((self.dir / "out").exists())
        self.assertEqual(self.host.asked, [])

    def test_what_cannot_be_kept_is_said_and_in_the_document(self):
        self.break_cache()
        outcome = self.expect(self.pack("out", "--cache", "on"), 0)
        self.expect_write_failure(outcome)
        (failure,) = outcome.json()["cache_failures"]
        self.assertEqual(failure["error"], "cache.write")
        self.assertIn("objects", failure["message"])

    def test_a_run_that_ends_with_an_error_says_it_too(self):
        self.break_cache()
        (self.www / "007.jpg").unlink()
        outcome = self.pack("out", "--cache", "on", "--max-bad", "0")
        self.expect(outcome, 4, error="pack.too_many_bad")
        self.expect_write_failure(outcome)
        # The list alone was fetched.
        (self.www / "pool.txt").write_text("a.jpg\na.jpg\n")
        outcome = self.pack("out", "--cache", "on")
        self.expect(outcome, 3, error="source.duplicate_id")
        self.expect_write_failure(outcome)

    def test_indices_say_it_too(self):
        self.expect(self.pack("shards", data=self.dir / "www"), 0)
        Shards = type("Shards", (Ranges,),
                      {"folder": self.dir / "shards", "sidecars": False, "asked": []})
        data = f"tar:{serve(self, Shards)}/pool-000000.tar"

        def index(*more):
            return quarry("pack", "--data", data, "--to", "index", "--out",
                          self.dir / "indices", "--workspace", self.workspace,
                          "--json", *more)

        self.break_cache()
        outcome = self.expect(index("--cache", "on"), 0)
        self.expect_write_failure(outcome)
        document = outcome.json()
        self.assertEqual(document["cache_failures"][0]["error"], "cache.write")
        self.assertEqual(document["network"][0]["cached"], 0)
        (self.workspace / "bytes/objects").unlink()
        for _ in range(2):
            document = self.expect(index("--cache", "on"), 0).json()
            self.assertNotIn("cache_failures", document)
        self.assertGreater(document["network"][0]["cached"], 0)

    def test_a_dry_run_keeps_nothing(self):
        for use in ("on", "write"):
            outcome = self.expect(self.pack("out", "--dry-run", "--cache", use), 0)
            self.assertNotIn("note", outcome.err)
        self.assertFalse(self.workspace.exists())
        self.expect(self.pack("out", "--cache", "on"), 0)
        (self.www / "pool.txt").write_text("000.jpg\n001.jpg\nnew.jpg\n")
        (self.www / "new.jpg").write_bytes(JPEG + b"new")
        kept = snapshot(self.workspace)
        for use, cached in (("on", 3), ("read", 3), ("write", 0)):
            outcome = self.expect(self.pack("no", "--dry-run", "--cache", use), 0)
            (host,) = outcome.json()["network"]
            self.assertEqual(host["cached"] >= 2, cached >= 2, host)
            self.assertNotIn("cache_failures", outcome.json())
        outcome = self.expect(self.pack("no", "--dry-run", "--offline"), 0)
        self.assertEqual(outcome.json()["probed"], {"samples": COUNT, "failed": 0})
        self.assertEqual(snapshot(self.workspace), kept)
        self.assertFalse((self.dir / "no").exists())

    def test_flags_that_have_no_effect_on_a_pool_that_is_here_are_told(self):
        (self.www / "here.jsonl").write_text(json.dumps({"uri": "000.jpg"}))
        for data in (self.www, self.www / "here.jsonl"):
            outcome = self.pack(f"out-{data.name}", "--cache", "on", "--cache-size",
                                "1GB", "--offline", data=data)
            self.expect(outcome, 0)
            for flag in ("--cache", "--cache-size", "--offline"):
                self.assertIn(f"note: {flag} has no effect: nothing of {data} is read "
                              "over a network", outcome.err)
            self.assertNotIn("--workspace", outcome.err)
            outcome = self.pack("no", "--dry-run", "--cache", "on", "--quiet",
                                data=data)
            self.assertEqual(self.expect(outcome, 0).err, "")
            outcome = self.expect(self.pack("no", "--dry-run", data=data), 0)
            self.assertNotIn("no effect", outcome.err)
        shards = f"tar:{self.dir}/out-www/pool-*.tar"
        for to in ("tar", "index"):
            outcome = quarry("pack", "--data", shards, "--to", to, "--cache", "on",
                             "--out", self.dir / to)
            self.assertIn("--cache has no effect", self.expect(outcome, 0).err)
        self.assertFalse(self.workspace.exists())
        outcome = self.expect(self.pack("net", "--cache", "on"), 0)
        self.assertNotIn("no effect", outcome.err)


if __name__ == "__main__":
    main()
