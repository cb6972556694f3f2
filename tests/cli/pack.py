"""quarry pack: shards and their indices, read back without Quarry's readers."""

import http.server
import json
import os
import random
import signal
import subprocess
import tarfile
import threading

from _host import Ranges, serve
from _quarry import QUARRY, TestCase, main, quarry

JPEG = b"\xff\xd8\xff\xe0"
PNG = b"\x89PNG\r\n\x1a\n"


def members(*shards):
    """[(name, bytes)] of tar archives, one after the other."""
    found = []
    for shard in shards:
        with tarfile.open(shard) as tar:
            for member in tar:
                assert member.isfile(), member
                found.append((member.name, tar.extractfile(member).read()))
    return found


def files_in(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


class Pack(TestCase):
    def make_pool(self, count=60):
        """dir/pool/<label>/NNN.jpg; {path below the pool: bytes}."""
        rng = random.Random(7)
        pool = {}
        for number in range(count):
            label = ("cat", "dog", "emu")[number % 3]
            path = self.dir / "pool" / label / f"{number:03}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(JPEG + rng.randbytes(rng.randrange(3000)))
            pool[f"{label}/{number:03}.jpg"] = path.read_bytes()
        return pool

    def pack(self, to, out, *more, data=None):
        return quarry(
            "pack", "--data", data or self.dir / "pool", "--to", to,
            "--out", self.dir / out, *more,
        )

    def shards(self, out, ending):
        return sorted((self.dir / out).glob(f"*.{ending}"))

    def test_a_folder_becomes_tar_shards_as_webdataset_has_them(self):
        pool = self.make_pool()
        document = self.expect(
            self.pack("tar", "out", "--labels-from", "dirs", "--shard-size",
                      "40KB", "--name", "train", "--json"), 0,
        ).json()
        shards = self.shards("out", "tar")
        self.assertGreater(len(shards), 2)
        self.assertEqual(shards[0].name, "train-000000.tar")
        self.assertEqual([s["file"] for s in document["shards"]],
                         [str(shard) for shard in shards])
        self.assertEqual([s["bytes"] for s in document["shards"]],
                         [shard.stat().st_size for shard in shards])
        self.assertLessEqual(max(s["bytes"] for s in document["shards"]), 40_000)
        self.assertEqual(document["schema_version"], 1)
        self.assertEqual(document["command"], "pack")
        self.assertEqual(document["to"], "tar")
        self.assertEqual(document["stopped"], "complete")
        self.assertEqual(document["pool"],
                         {"samples": 60, "packed": 60, "failed": 0})
        self.assertEqual(document["failures"], [])
        self.assertEqual(document["bytes"]["read"], sum(map(len, pool.values())))
        expected = []
        for path in sorted(pool):
            label, name = path.split("/")
            expected += [(path[:-4] + ".cls", label.encode()), (path, pool[path])]
        self.assertEqual(members(*shards), expected)
        with tarfile.open(shards[0]) as tar:
            for member in tar:
                self.assertEqual(
                    (member.mtime, member.uid, member.gid, member.uname,
                     member.mode, member.pax_headers),
                    (0, 0, 0, "", 0o644, {}),
                )
        for shard in shards:
            index = shard.with_name(shard.name + ".qidx").read_text()
            self.assertEqual(json.loads(index.splitlines()[0])["kind"], "tar")
        self.assertEqual((self.dir / "out/failures.jsonl").read_bytes(), b"")

    def test_tar_to_tfrecord_to_tar_is_the_same_pool(self):
        self.make_pool()
        self.expect(self.pack("tar", "1", "--labels-from", "dirs"), 0)
        tar = f"tar:{self.dir}/1/pool-000000.tar"
        outcome = self.pack("tfrecord", "2", "--shard-samples", 25, data=tar)
        self.expect(outcome, 0)
        names = [shard.name for shard in self.shards("2", "tfrecord")]
        self.assertEqual(
            names, [f"pool-0000{k}-of-00003.tfrecord" for k in range(3)]
        )
        self.assertIn("60 of 60 samples in 3 shards", outcome.out)
        self.assertIn(names[2], outcome.out)
        records = f"tfrecord:{self.dir}/2/pool-{{00000..00002}}-of-00003.tfrecord"
        self.expect(self.pack("tar", "3", data=records), 0)
        first = members(*self.shards("1", "tar"))
        last = members(*self.shards("3", "tar"))
        self.assertEqual([b for _, b in first], [b for _, b in last])
        # By then a sample is called by its record.
        self.assertEqual(last[1][0], "pool-00000-of-00003%2Etfrecord#0.jpg")

    def test_the_same_pool_gives_the_same_files(self):
        self.make_pool()
        for to in ("tar", "tfrecord"):
            for out, threads in (("a", 1), ("b", 5)):
                self.expect(
                    self.pack(to, f"{to}-{out}", "--shard-size", "30k",
                              "--threads", threads), 0,
                )
            self.assertEqual(files_in(self.dir / f"{to}-a"),
                             files_in(self.dir / f"{to}-b"))

    def test_names_that_are_no_ascii_are_text_to_others(self):
        long = "n" * 180
        for name in ("größe/слово.jpg", f"{long}/{long}.png", "a.b.jpg"):
            path = self.dir / "pool" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(name.encode())
        self.expect(self.pack("tar", "out"), 0)
        found = dict(members(*self.shards("out", "tar")))
        self.assertEqual(
            found,
            {"größe/слово.jpg": "größe/слово.jpg".encode(),
             f"{long}/{long}.png": f"{long}/{long}.png".encode(),
             "a%2Eb.jpg": b"a.b.jpg"},
        )

    def test_bad_samples_are_left_out_and_told(self):
        self.make_pool(40)
        for number in (5, 17):
            (self.dir / f"pool/bad{number}.jpg").mkdir()
        outcome = self.expect(self.pack("tar", "out", "--json"), 0)
        document = outcome.json()
        self.assertEqual(document["pool"],
                         {"samples": 42, "packed": 40, "failed": 2})
        self.assertEqual(document["failures"][0]["id"], "bad17.jpg")
        self.assertIn("2 of 42 samples failed", outcome.err)
        lines = (self.dir / "out/failures.jsonl").read_text().splitlines()
        self.assertEqual(len(lines), 2)
        self.assertEqual(json.loads(lines[1])["error"], "file.not_regular")

    def test_too_many_bad_samples_leave_no_shard(self):
        self.make_pool(10)
        for number in range(3):
            (self.dir / f"pool/bad{number}.jpg").mkdir()
        self.expect(self.pack("tar", "out"), 4, error="pack.too_many_bad")
        self.assertEqual([p.name for p in (self.dir / "out").iterdir()],
                         ["failures.jsonl"])
        self.expect(self.pack("tfrecord", "out", "--on-error", "stop"), 3,
                    error="pack.bad_sample")
        self.expect(self.pack("tar", "all", "--max-bad", "0.5"), 0)

    def test_shards_that_are_there_are_not_mixed(self):
        self.make_pool(5)
        self.expect(self.pack("tar", "out"), 0)
        before = files_in(self.dir / "out")
        outcome = self.expect(self.pack("tar", "out"), 2, error="pack.exists")
        self.assertIn("pool-000000.tar", outcome.err)
        self.assertEqual(files_in(self.dir / "out"), before)
        self.expect(self.pack("tar", "out", "--name", "more"), 0)

    def test_raw_pixels_become_png(self):
        cifar = self.dir / "cifar"
        cifar.mkdir()
        (cifar / "test_batch.bin").write_bytes((b"\x03" + bytes(3072)) * 4)
        self.expect(self.pack("tar", "out", data=f"cifar10:{cifar}#test"), 0)
        found = members(*self.shards("out", "tar"))
        self.assertEqual([name for name, _ in found][:2],
                         ["test_batch%2Ebin#0.cls", "test_batch%2Ebin#0.png"])
        self.assertEqual(found[0][1], b"cat")  # CIFAR-10's class 3
        self.assertTrue(found[1][1].startswith(PNG))

    def test_indices_are_made_anew(self):
        self.make_pool(20)
        for to, ending in (("tar", "tar"), ("tfrecord", "tfrecord")):
            self.expect(self.pack(to, to, "--shard-samples", 8), 0)
            before = files_in(self.dir / to)
            for index in (self.dir / to).glob("*.qidx"):
                index.unlink()
            data = f"{to}:{self.dir}/{to}/pool-*.{ending}"
            document = self.expect(
                quarry("pack", "--data", data, "--to", "index", "--json"), 0
            ).json()
            self.assertEqual(document["to"], "index")
            self.assertEqual([s["members"] for s in document["shards"]], [8, 8, 4])
            self.assertEqual(document["stopped"], "complete")
            self.assertEqual(files_in(self.dir / to), before)
        outcome = quarry("pack", "--data", self.dir / "pool", "--to", "index")
        self.expect(outcome, 3, error="source.scheme")
        outcome = quarry("pack", "--data", "tar:http://127.0.0.1:1/a.tar",
                         "--to", "index")
        self.expect(outcome, 2, error="pack.remote")

    def test_tfrecord_shards_on_a_host_are_those_that_are_here(self):
        self.make_pool(50)
        # Records smaller and larger than the blocks that are fetched.
        for number in range(3):
            (self.dir / f"pool/large{number}.jpg").write_bytes(
                random.Random(number).randbytes(1_500_000)
            )
        self.expect(self.pack("tfrecord", "out", "--labels-from", "dirs",
                              "--shard-size", "4MB"), 0)
        shards = self.shards("out", "tfrecord")
        self.assertEqual(len(shards), 2)
        names = "pool-{00000..00001}-of-00002.tfrecord"
        self.expect(self.pack("tar", "here", data=f"tfrecord:{self.dir}/out/{names}"),
                    0)
        wanted = members(*self.shards("here", "tar"))
        for sidecars in (True, False):
            Host = type("Host", (Ranges,), {"folder": self.dir / "out",
                                            "sidecars": sidecars, "asked": []})
            url = serve(self, Host)
            outcome = self.pack("tar", f"there-{sidecars}", "--json",
                                data=f"tfrecord:{url}/{names}")
            (host,) = self.expect(outcome, 0).json()["network"]
            self.assertEqual(host["host"], url)
            self.assertEqual(members(*self.shards(f"there-{sidecars}", "tar")), wanted)
            self.assertEqual(len([p for p in Host.asked if p.endswith(".qidx")]), 2)
            read = sum(map(len, files_in(self.dir / "out").values()))
            if sidecars:  # heads, indices, and each record once
                # A slow answer may have been asked for twice.
                self.assertLess(host["bytes"], 1.2 * read)
            else:
                self.assertGreater(host["bytes"], 1.5 * read)
        self.expect(
            quarry("pack", "--data", f"tfrecord:{url}/{names}", "--to", "index",
                   "--out", self.dir / "indices"), 0,
        )
        self.assertEqual(files_in(self.dir / "indices"),
                         {name: data for name, data in files_in(self.dir / "out").items()
                          if name.endswith(".qidx")})

    def test_a_dry_run_writes_nothing(self):
        pool = self.make_pool(30)
        document = self.expect(
            quarry("pack", "--data", self.dir / "pool", "--to", "tar", "--dry-run",
                   "--shard-samples", 10, "--json"), 0,
        ).json()
        self.assertEqual(document["pool"]["samples"], 30)
        self.assertEqual(document["shards"], 3)
        self.assertEqual(document["bytes"]["read"], sum(map(len, pool.values())))
        outcome = self.expect(self.pack("tar", "out", "--dry-run"), 0)
        self.assertIn("to write", outcome.out)
        self.assertFalse((self.dir / "out").exists())

    def test_every_flag_has_a_key(self):
        self.make_pool(9)
        config = self.dir / "pack.yaml"
        config.write_text(
            f"data: {self.dir}/pool\nto: tfrecord\nout: {self.dir}/out\n"
            "shard_samples: 4\nshard_size: 1MiB\nname: k\nthreads: 2\n"
        )
        self.expect(quarry("pack", "--config", config), 0)
        self.assertEqual([s.name for s in self.shards("out", "tfrecord")],
                         [f"k-0000{k}-of-00003.tfrecord" for k in range(3)])

    def test_what_is_missing_or_wrong_is_named(self):
        self.make_pool(3)
        pool = self.dir / "pool"
        for given, missing in (
            ((), "--data"),
            (("--data", pool), "--to"),
            (("--data", pool, "--to", "tar"), "--out"),
        ):
            outcome = self.expect(quarry("pack", *given), 2, error="cli.missing")
            self.assertIn(missing, outcome.err)
        for wrong in (("--to", "zip"), ("--shard-size", "0"),
                      ("--shard-size", "many"), ("--shard-size", "1.5.2MB"),
                      ("--shard-samples", "-1")):
            self.expect(self.pack("tar", "out", *wrong), 2, error="cli.usage")
        self.expect(self.pack("tar", "out", "--name", "a/b"), 2,
                    error="pack.option")
        self.expect(self.pack("tar", "out", data=self.dir / "no"), 3,
                    error="source.not_found")
        (self.dir / "empty").mkdir()
        self.expect(self.pack("tar", "out", data=self.dir / "empty"), 3,
                    error="pack.empty")

    def test_an_interrupted_run_leaves_nothing(self):
        asked = threading.Event()
        go_on = threading.Event()

        class Host(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                listed = self.path == "/list.txt"
                if not listed:
                    if self.path != "/000.jpg":
                        asked.set()
                        go_on.wait(60)
                body = JPEG
                if listed:
                    body = "".join(f"{k:03}.jpg\n" for k in range(200)).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:  # by then nobody waits for it
                    pass

            def log_message(self, *args):
                pass

        url = serve(self, Host)
        out = self.dir / "out"
        run = subprocess.Popen(
            [QUARRY, "pack", "--data", f"{url}/list.txt", "--to", "tar",
             "--shard-samples", "1", "--out", out, "--json"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        self.assertTrue(asked.wait(60))
        run.send_signal(signal.SIGINT)
        while b"stopping" not in run.stderr.readline():
            self.assertIsNone(run.poll())
        go_on.set()
        stdout, stderr = run.communicate(timeout=60)
        self.assertEqual(run.returncode, 6, stderr)
        document = json.loads(stdout)
        self.assertEqual(document["stopped"], "cancelled")
        self.assertEqual(document["shards"], [])
        self.assertEqual(document["network"][0]["host"], url)
        self.assertEqual(os.listdir(out), ["failures.jsonl"])


if __name__ == "__main__":
    main()
