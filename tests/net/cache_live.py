#!/usr/bin/env python3
"""The cache of fetched bytes against a real nginx: what is asked, what is kept,
and what becomes of it when processes, disks and files fail."""

import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import tarfile
import threading
import time
import unittest

import _servers as servers
from _cached import BLOCK, bodies, room

class Cache(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.context = servers.folder()
        cls.folder = cls.context.__enter__()
        cls.addClassCleanup(lambda: cls.context.__exit__(None, None, None))
        cls.folder.chmod(0o755)
        cls.nginx = servers.Nginx(cls.folder / "nginx")
        cls.nginx.__enter__()
        cls.addClassCleanup(lambda: cls.nginx.__exit__())
        cls.digests = servers.write_pool(cls.nginx.www)

    def setUp(self):
        self.cache = self.folder / self.id().rsplit(".", 1)[-1]

    def urls(self, names, prefix=""):
        file = self.folder / "urls.txt"
        file.write_text("".join(f"{self.nginx.url}{prefix}/{name}\n" for name in names),
                        encoding="utf-8")
        return file

    def read(self, names=None, prefix="", **options):
        return servers.probe("http", self.urls(names or self.digests, prefix),
                             **{"cache": self.cache, "hedge": 0, **options})

    def expect_right(self, got, names=None):
        self.assertEqual([s.get("sha256") for s in got["samples"]],
                         [self.digests[name] for name in names or self.digests])

    def statuses(self, action):
        """What `action` returns, and how nginx answered meanwhile."""
        log = self.nginx.folder / "logs/access.log"
        time.sleep(0.2)
        before = len(log.read_text(encoding="utf-8").splitlines())
        result = action()
        time.sleep(0.2)  # it writes when the client has what it wants
        lines = log.read_text(encoding="utf-8").splitlines()[before:]
        return result, [int(line.split('"')[2].split()[0]) for line in lines]

    def test_a_second_run_is_told_that_nothing_has_changed(self):
        first, statuses = self.statuses(self.read)
        self.expect_right(first)
        self.assertEqual(statuses, [200] * len(self.digests))
        self.assertEqual(first["hosts"][0]["cached"], 0)
        second, statuses = self.statuses(self.read)
        self.expect_right(second)
        self.assertEqual(statuses, [304] * len(self.digests))
        host, = second["hosts"]
        self.assertEqual(host["cached"], len(self.digests))
        self.assertEqual(host["bytes"], 0)
        self.assertEqual(second["cache"], [])
        self.assertEqual(self.cache.stat().st_mode & 0o777, 0o700)

    def test_what_changes_is_fetched_again_and_only_that(self):
        name = "changing.jpg"
        path = self.nginx.www / name
        path.write_bytes(b"before")
        names = [*list(self.digests)[:20], name]
        self.read(names)
        path.write_bytes(b"after it all")
        got, statuses = self.statuses(lambda: self.read(names))
        self.assertEqual(got["samples"][-1]["sha256"], servers.sha256(b"after it all"))
        self.assertEqual(sorted(statuses), [200] + [304] * 20)
        path.unlink()
        got = self.read(names)
        self.assertEqual(got["samples"][-1]["error"], "net.not_found")

    def test_offline_is_what_online_was_and_asks_nobody(self):
        online = self.read()
        offline, statuses = self.statuses(lambda: self.read(offline=1))
        self.assertEqual(offline["samples"], online["samples"])
        self.assertEqual(statuses, [])
        self.assertEqual(offline["hosts"][0]["requests"], 0)
        self.assertEqual(offline["hosts"][0]["cached"], len(self.digests))

    def test_offline_what_is_missing_is_named(self):
        names = list(self.digests)
        self.read(names[:50])
        got = self.read(names[:60], offline=1)
        self.assertEqual([s.get("error") for s in got["samples"]],
                         [None] * 50 + ["net.offline"] * 10)
        for sample, name in zip(got["samples"][50:], names[50:60]):
            self.assertIn(name, sample["message"])
            self.assertFalse(sample["run"])
        self.cache = self.folder / "never"
        got = self.read(names[:2], offline=1)
        self.assertEqual(got["error"], "cache.unusable")
        self.assertFalse(self.cache.exists())

    def test_lists_and_shards_at_urls_are_read_offline_too(self):
        names = list(self.digests)[:30]
        (self.nginx.www / "pool.txt").write_text("\n".join(names), encoding="utf-8")
        with tarfile.open(self.nginx.www / "pool.tar", "w") as tar:
            for name in names:
                tar.add(self.nginx.www / name, name)
        for kind, what in (("manifest", f"{self.nginx.url}/pool.txt"),
                           ("manifest", f"{self.nginx.url}/redir/pool.txt"),
                           ("tar", f"{self.nginx.url}/pool.tar")):
            online = servers.probe(kind, what, cache=self.cache)
            self.assertEqual([s.get("sha256") for s in online["samples"]],
                             [self.digests[name] for name in names])
            offline, statuses = self.statuses(
                lambda: servers.probe(kind, what, cache=self.cache, offline=1))
            self.assertEqual(offline["samples"], online["samples"])
            self.assertEqual(statuses, [])
        got = servers.probe("manifest", f"{self.nginx.url}/other.txt",
                            cache=self.cache, offline=1)
        self.assertEqual(got["error"], "net.offline")
        self.assertIn("other.txt", got["message"])

    def test_a_killed_run_leaves_a_cache_that_is_right(self):
        names = list(self.digests)
        for _ in range(4):
            process = subprocess.Popen(
                [servers.PROBE, "http", self.urls(names, "/delay20"),
                 f"cache={self.cache}", "max_per_host=2"],
                stdout=subprocess.DEVNULL)
            before = len(bodies(self.cache))
            end = time.monotonic() + 30
            while len(bodies(self.cache)) < before + 20 and process.poll() is None:
                self.assertLess(time.monotonic(), end)
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
            process.wait()
        got, statuses = self.statuses(lambda: self.read(prefix="/delay20"))
        self.expect_right(got)
        self.assertGreater(statuses.count(304), 20)
        self.assertLess(statuses.count(304), len(names))
        self.assertEqual(got["cache"], [])
        again = self.read(prefix="/delay20")
        self.assertEqual(again["hosts"][0]["cached"], len(names))
        # No file that the index does not know, so that the bound holds.
        with sqlite3.connect(self.cache / "index.db") as index:
            known, = index.execute("SELECT count(*) FROM bodies").fetchone()
            counted, = index.execute("SELECT room FROM total").fetchone()
        self.assertEqual(known, len(bodies(self.cache)))
        self.assertEqual(counted, room(self.cache))

    def test_rotten_files_are_fetched_again(self):
        self.read()
        files = bodies(self.cache)
        self.assertEqual(len(files), len(set(self.digests.values())))
        for number, file in enumerate(files[:60]):
            data = file.read_bytes()
            if number % 3 == 0:
                file.write_bytes(data[:-1])
            elif number % 3 == 1:
                file.write_bytes(bytes([data[0] ^ 1]) + data[1:])
            else:
                file.unlink()
        got, statuses = self.statuses(self.read)
        self.expect_right(got)
        self.assertEqual(statuses.count(200), 60)
        self.expect_right(self.read(offline=1))
        files[0].write_bytes(b"rotten")
        got = self.read(offline=1)
        self.assertEqual([s.get("error") for s in got["samples"]].count("net.offline"),
                         1)

    def test_a_damaged_index_costs_a_fetch_and_no_run(self):
        self.read()
        (self.cache / "index.db").write_bytes(b"\0" * 50000)
        got, statuses = self.statuses(self.read)
        self.expect_right(got)
        self.assertEqual(statuses, [200] * len(self.digests))
        self.assertEqual(got["cache"], ["cache.corrupt"])
        got = self.read()
        self.assertEqual(got["cache"], [])
        self.assertEqual(got["hosts"][0]["cached"], len(self.digests))

    def test_the_bound_is_kept_at_every_moment(self):
        bound = 60 * BLOCK
        largest = 0
        done = threading.Event()

        def watch():
            nonlocal largest
            while not done.is_set():
                try:
                    largest = max(largest, room(self.cache))
                except OSError:  # a file went while it was counted
                    pass

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            for _ in range(2):
                self.expect_right(self.read(prefix="/delay5", cache_bytes=bound))
        finally:
            done.set()
            watcher.join()
        self.assertGreater(largest, bound // 2)
        self.assertLessEqual(largest, bound)
        self.assertGreaterEqual(room(self.cache), bound // 2)

    def test_two_processes_fill_and_use_it_at_once(self):
        names = list(self.digests)
        self.urls(names)
        command = [servers.PROBE, "http", self.folder / "urls.txt",
                   f"cache={self.cache}"]
        for count in range(3):
            processes = [subprocess.Popen(command, stdout=subprocess.PIPE)
                         for _ in range(3)]
            for process in processes:
                got = json.loads(process.communicate(timeout=60)[0])
                self.assertEqual(process.returncode, 0)
                self.expect_right(got)
                self.assertEqual(got["cache"], [])
                if count > 0:
                    self.assertEqual(got["hosts"][0]["cached"], len(names))

    def unprivileged(self, **options):
        """The same as nobody, whom permissions bind."""
        flags = [f"{name}={value}" for name, value in options.items()]
        user = {"user": 65534, "group": 65534} if os.geteuid() == 0 else {}
        try:
            done = subprocess.run(
                [servers.PROBE, "http", self.folder / "urls.txt",
                 f"cache={self.cache}", *flags],
                stdout=subprocess.PIPE, check=False, timeout=60, **user)
        except PermissionError as error:
            raise unittest.SkipTest("nobody may not run the probe") from error
        return json.loads(done.stdout)

    def test_a_folder_that_can_only_be_read_is_read(self):
        names = list(self.digests)
        self.read(names[:100])
        self.urls(names)
        for path in [self.cache, *self.cache.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        got = self.unprivileged()
        self.expect_right(got)
        self.assertEqual(got["hosts"][0]["cached"], 100)
        self.assertEqual(len(got["cache"]), 1)
        offline = self.unprivileged(offline=1)
        self.assertEqual([s.get("sha256") for s in offline["samples"]][:100],
                         [self.digests[name] for name in names[:100]])
        for path in [self.cache, *self.cache.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
        self.assertEqual(len(bodies(self.cache)),
                         len({self.digests[name] for name in names[:100]}))
        # One that cannot even be read, and one that cannot be made.
        self.cache.chmod(0o000)
        got = self.unprivileged()
        self.expect_right(got)
        self.assertEqual(got["cache"], ["cache.unusable"])
        self.cache.chmod(0o755)
        self.cache = self.folder / "cannot/be/made"
        got = self.unprivileged()
        self.expect_right(got)
        self.assertEqual(got["cache"], ["cache.unusable"])

    def test_a_full_disk_ends_keeping_and_no_run(self):
        self.cache.mkdir()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=400k", "none", self.cache],
            stderr=subprocess.DEVNULL, check=False)
        if mounted.returncode != 0:
            self.skipTest("no small disk can be mounted here")
        try:
            for _ in range(2):
                got = self.read()
                self.expect_right(got)
                self.assertEqual(got["cache"], ["cache.write"])
        finally:
            subprocess.run(["umount", "-l", self.cache], check=True)

    def test_reading_alone_and_writing_alone(self):
        names = list(self.digests)[:40]
        self.read(names[:20])
        got, statuses = self.statuses(lambda: self.read(names, cache_use="read"))
        self.expect_right(got, names)
        self.assertEqual(sorted(statuses), [200] * 20 + [304] * 20)
        self.assertEqual(len(bodies(self.cache)), 20)
        got, statuses = self.statuses(lambda: self.read(names, cache_use="write"))
        self.expect_right(got, names)
        self.assertEqual(statuses, [200] * 40)
        _, statuses = self.statuses(lambda: self.read(names))
        self.assertEqual(statuses, [304] * 40)

    def test_nothing_that_grants_access_is_kept(self):
        url = self.nginx.url.replace("//", "//me:pa%20ss@")
        file = self.folder / "secret.txt"
        name = list(self.digests)[0]
        file.write_text(f"{url}/auth/{name}?X-Amz-Signature=sigsecret&"
                        f"X-Amz-Security-Token=toksecret&token=namesecret\n",
                        encoding="utf-8")
        for _ in range(2):
            got = servers.probe("http", file, cache=self.cache)
            self.assertEqual(got["samples"][0]["sha256"], self.digests[name])
        self.assertEqual(got["hosts"][0]["cached"], 1)
        for path in self.cache.rglob("*"):
            if path.is_file():
                data = path.read_bytes()
                for secret in (b"secret", b"pa%20ss", b"pa ss", b"me:", b"127.0.0.1"):
                    self.assertNotIn(secret, data, path)
        # Another signature is the same object.
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace("sigsecret", "other").replace("toksecret", "new"),
                        encoding="utf-8")
        got = servers.probe("http", file, cache=self.cache)
        self.assertEqual(got["hosts"][0]["cached"], 1)


if __name__ == "__main__":
    servers.main()
