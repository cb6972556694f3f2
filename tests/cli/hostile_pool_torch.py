"""A pool with everything that goes wrong on real disks."""

import json
import os
import struct
import zlib

from _quarry import TestCase, cifar_images, main, quarry, small_model


def huge_png():
    """A header that promises 60,000 × 60,000 pixels."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(b"\x00" * 1000))
        + chunk(b"IEND", b"")
    )


class HostilePool(TestCase):
    COUNT = 1000

    def setUp(self):
        super().setUp()
        self.pool = self.dir / "pool"
        self.paths = cifar_images(self.pool, self.COUNT)

    def spoil(self):
        """Seven bad samples of seven kinds: {id: error}."""
        whole = self.paths[0].read_bytes()
        pool = self.pool
        (pool / "cat/x1.jpg").write_bytes(whole[: len(whole) // 2])
        (pool / "cat/x2.jpg").write_bytes(b"")
        (pool / "cat/x3.jpg").write_text("this is text\n")
        (pool / "dog/x4.png").write_bytes(huge_png())
        (pool / "dog/x.jpg").mkdir()
        os.symlink("/nowhere/at/all.jpg", pool / "dog/x5.jpg")
        os.mkfifo(pool / "dog/x6.jpg")
        return {
            "cat/x1.jpg": "decode.truncated",
            "cat/x2.jpg": "decode.empty",
            "cat/x3.jpg": "decode.format",
            "dog/x4.png": "decode.too_large",
            "dog/x.jpg": "file.not_regular",
            "dog/x5.jpg": "file.not_found",
            "dog/x6.jpg": "file.not_regular",
        }

    def select(self, *args):
        return quarry(
            "select", "--data", self.pool, "--model", small_model(),
            "--strategy", "margin", "--budget", 50, "--json", *args,
        )

    def test_each_bad_sample_is_listed_and_the_rest_is_picked_from(self):
        clean = self.expect(self.select(), 0).json()
        bad = self.spoil()
        out = self.dir / "out"
        outcome = self.expect(self.select("--out", out), 0)
        document = outcome.json()
        found = {f["id"]: f["error"] for f in document["failures"]}
        self.assertEqual(found, bad)
        self.assertTrue(all(f["message"] for f in document["failures"]))
        self.assertEqual(
            document["pool"],
            {"samples": self.COUNT + 7, "scored": self.COUNT, "failed": 7},
        )
        self.assertEqual(
            [p["id"] for p in document["picks"]], [p["id"] for p in clean["picks"]]
        )
        lines = (out / "failures.jsonl").read_text().splitlines()
        self.assertEqual({json.loads(line)["id"] for line in lines}, set(bad))
        page = (out / "report.html").read_text()
        for name in bad:
            self.assertIn(name, page)

    def test_on_error_stop_stops(self):
        self.spoil()
        outcome = self.select("--on-error", "stop")
        self.expect(outcome, 3, error="pipeline.bad_sample")
        self.assertEqual(outcome.out, "")

    def test_too_many_bad_is_an_exit_code_of_its_own(self):
        for path in self.paths[:: 3]:
            path.write_bytes(b"no image")
        out = self.dir / "out"
        outcome = self.select("--out", out)
        self.expect(outcome, 4, error="pipeline.too_many_bad")
        # What failed is written all the same.
        self.assertGreater(len((out / "failures.jsonl").read_text()), 1000)
        document = self.expect(self.select("--max-bad", 0.5), 0).json()
        self.assertEqual(document["pool"]["failed"], len(self.paths[:: 3]))
        self.assertEqual(len(document["failures"]), 100)

    def test_a_pool_of_nothing_but_garbage(self):
        for path in self.paths:
            path.write_bytes(b"no image")
        self.expect(self.select(), 4, error="pipeline.all_alike")

    def test_hostile_names_stay_data(self):
        name = b"cat/<b>\"'&\n\xff\x1b[31m.jpg"
        path = os.fsencode(self.pool) + b"/" + name
        with open(path, "wb") as file:
            file.write(self.paths[0].read_bytes())
        self.paths[0].unlink()
        out = self.dir / "out"
        outcome = quarry(
            "select", "--data", self.pool, "--model", small_model(),
            "--strategy", "random", "--budget", self.COUNT, "--out", out,
        )
        self.expect(outcome, 0)
        self.assertNotIn("\x1b", outcome.out + outcome.err)
        page = (out / "report.html").read_text()
        self.assertNotIn("<b>\"", page)
        picks = (out / "selection.jsonl").read_text().splitlines()
        self.assertEqual(len(picks), self.COUNT)
        for line in picks:
            json.loads(line)


if __name__ == "__main__":
    main(torch=True, shared=True)
