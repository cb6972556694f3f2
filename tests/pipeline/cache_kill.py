#!/usr/bin/env python3
"""The cache of predictions when the process is killed and the disk fails: the
next run picks the same and computes nothing twice that was durable."""

import itertools
import json
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import typing
import unittest

PROBE = os.environ["QUARRY_CACHE_PROBE"]
SAMPLES = 900
BATCH = 16
# All points of a run take minutes with a sanitizer; every run tries some.
POINTS = int(os.environ.get("QUARRY_KILL_POINTS", "8"))


def start(directory, fault=None, call=()):
    environment = dict(os.environ)
    environment.pop("QUARRY_FAULT", None)
    if fault is not None:
        environment["QUARRY_FAULT"] = " ".join(map(str, (fault, *call)))
        environment["QUARRY_FAULT_DIR"] = str(directory)
    return subprocess.Popen(
        [PROBE, str(directory), str(SAMPLES)], env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def run(directory, fault=None, call=()):
    process = start(directory, fault, call)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def keys_of(index):
    """Of the rows that it tells of, read from a copy by SQLite itself."""
    with tempfile.TemporaryDirectory() as copy:
        for part in index.parent.glob("index.db*"):
            shutil.copy(part, copy)
        database = sqlite3.connect(pathlib.Path(copy) / "index.db")
        try:
            return {key for key, in database.execute("SELECT key FROM rows")}
        except sqlite3.OperationalError:  # killed before there was a table
            return set()
        finally:
            database.close()


def durable(directory):
    """Whose predictions are, and whose embeddings."""
    predictions, embeddings = set(), set()
    for index in pathlib.Path(directory).glob("*/*/index.db"):
        keys = keys_of(index)
        if not keys:
            continue
        recipe = json.loads((index.parent / "recipe.json").read_text())
        (predictions if recipe["classes"] else embeddings).update(keys)
    return predictions, embeddings


class Call(typing.NamedTuple):
    """One of the calls that change a file; counted from 0 among equal ones."""

    name: str
    number: int
    file: str

    @classmethod
    def parse(cls, line):
        _, name, number, file = line.split(maxsplit=3)
        return cls(name, int(number), file)

    @property
    def path(self):
        return pathlib.Path(self.file)


class Kill(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        code, out, err = run("-")
        assert code == 0, err
        cls.expected = json.loads(out)["picks"]
        cls.count = 0
        _, out, err = run(cls.fresh(), "log")
        cls.kept = json.loads(out)["kept"]
        cls.calls = [Call.parse(line) for line in err.splitlines()
                     if line.startswith("fault ")]

    @classmethod
    def fresh(cls):
        cls.count += 1
        return cls.folder / str(cls.count)

    def points(self, wanted=lambda call: True):
        """Some of the calls that change a file, of every kind and file."""
        found = [call for call in self.calls if wanted(call)]
        if len(found) <= POINTS:
            return found
        order = {call: n for n, call in enumerate(found)}
        random.Random(1).shuffle(found)
        # The rows and the publishing of them come first.
        kinds = {}
        for call in found:
            first = (call.path.name in ("rows", "index.db-wal")
                     and call.name != "unlink")
            kinds.setdefault((not first, call.name, call.file), []).append(call)
        turns = itertools.zip_longest(*(kinds[kind] for kind in sorted(kinds)))
        chosen = [call for turn in turns for call in turn if call is not None]
        return sorted(chosen[:POINTS], key=order.get)

    def go_on(self, directory):
        """The next run is right, and uses what was durable."""
        predictions, embeddings = durable(directory)
        code, out, err = run(directory)
        self.assertEqual(code, 0, err)
        got = json.loads(out)
        self.assertEqual(got["picks"], self.expected)
        self.assertEqual(got["scored"], SAMPLES)
        self.assertEqual(got["notes"], [])
        # Samples with equal bytes share a row.
        self.assertEqual(got["kept"], self.kept - len(predictions))
        self.assertEqual(got["cached"], SAMPLES - got["kept"])
        self.assertEqual(got["from_embeddings"], len(embeddings - predictions))
        if len(predictions | embeddings) == self.kept:
            self.assertEqual(got["batches"], 0)
        code, out, err = run(directory)
        self.assertEqual(json.loads(out)["cached"], SAMPLES)
        self.assertEqual(json.loads(out)["read"], 0)
        self.assertEqual(json.loads(out)["picks"], self.expected)
        return len(predictions) + len(embeddings)

    def test_calls_of_all_kinds_were_seen(self):
        self.assertGreaterEqual(len(self.calls), 20)
        seen = {(call.name, call.path.name) for call in self.calls}
        self.assertIn(("pwrite", "rows"), seen)
        self.assertIn(("fdatasync", "rows"), seen)
        self.assertTrue(any(file == "index.db-wal" for _, file in seen))
        stores = {call.path.parent for call in self.calls
                  if call.path.name == "rows"}
        self.assertEqual(len(stores), 2)
        self.assertGreater(self.kept, 700)

    def test_rows_are_durable_before_the_index_tells_of_them(self):
        synced = {}
        flushes = 0
        for call in self.calls:
            store, file = call.path.parent, call.path.name
            if file == "rows":
                synced[store] = call.name == "fdatasync"
                flushes += synced[store]
            elif (file.startswith("index.db")
                  and call.name in ("write", "pwrite")):
                self.assertTrue(synced.get(store, True), call)
        self.assertGreaterEqual(flushes, 3)

    def struck(self, what, call):
        """What a run left to which this happened, its code and what it said.
        Where a quicker run makes fewer such calls it is an earlier one."""
        while True:
            directory = self.fresh()
            code, out, err = run(directory, what, call)
            if "struck" in err.splitlines():
                return directory, code, out, err
            self.assertGreater(call.number, 0, err)
            call = call._replace(number=call.number // 2)
            shutil.rmtree(directory, ignore_errors=True)

    def test_killed_before_and_after_every_call(self):
        partly = 0
        for call in self.points():
            for when in ("before", "after"):
                with self.subTest(when=when, call=call):
                    directory, code, _, err = self.struck(when, call)
                    self.assertEqual(code, -signal.SIGKILL, err)
                    partly += 0 < self.go_on(directory) < 2 * self.kept
                    shutil.rmtree(directory, ignore_errors=True)
        self.assertGreater(partly, 0)

    def test_killed_at_random_instants(self):
        clock = random.Random(2)
        begin = time.monotonic()
        run(self.fresh())
        whole = time.monotonic() - begin
        for _ in range(min(50, POINTS)):
            directory = self.fresh()
            process = start(directory)
            time.sleep(clock.uniform(0, whole))
            process.kill()
            process.communicate()
            self.go_on(directory)
            shutil.rmtree(directory, ignore_errors=True)

    def test_killed_again_and_again(self):
        """Each run goes on where the one before was killed."""
        directory = self.fresh()
        rows, codes = [0], []
        for call in self.points(lambda call: call.path.name == "rows")[:8]:
            # What is left makes fewer calls than the whole.
            early = call._replace(number=min(call.number, 1))
            code, _, err = run(directory, "before", early)
            self.assertIn(code, (0, -signal.SIGKILL), err)
            codes.append(code)
            rows.append(sum(map(len, durable(directory))))
        self.assertGreaterEqual(codes.count(-signal.SIGKILL), 2)
        self.assertEqual(rows, sorted(rows))
        self.go_on(directory)

    def test_a_disk_that_fails_is_a_note(self):
        writes = ("write", "pwrite", "ftruncate", "rename")
        for call in self.points():
            for what in ("EIO", "ENOSPC", "short"):
                if what != "EIO" and call.name not in writes:
                    continue
                with self.subTest(what=what, call=call):
                    directory, code, out, err = self.struck(what, call)
                    self.assertEqual(code, 0, err)
                    got = json.loads(out)
                    self.assertEqual(got["picks"], self.expected)
                    predictions, embeddings = durable(directory)
                    self.assertGreaterEqual(len(predictions), got["kept"])
                    if got["kept"] != self.kept or len(embeddings) != self.kept:
                        self.assertTrue(got["notes"], "nobody is told")
                    self.go_on(directory)
                    shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    program = unittest.main(exit=False, verbosity=2)
    sys.exit(0 if program.result.wasSuccessful() else 1)
