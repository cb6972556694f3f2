#!/usr/bin/env python3
"""HttpSource against a host that fails a fifth of the time, in every way."""

import hashlib
import os
import threading
import unittest

import _servers as servers
from _chaos import Chaos

SAMPLES = 1000


class Faults(unittest.TestCase):
    def test_all_samples_arrive_as_they_are_whatever_the_host_does(self):
        files = {f"{i:04}.jpg": hashlib.sha256(str(i).encode()).digest() * (2 + i % 50)
                 for i in range(SAMPLES)}
        for seed in (1, 2):
            chaos = Chaos(files, seed)
            self.addCleanup(chaos.close)
            with servers.folder() as folder:
                got = servers.probe("http", chaos.listing(folder), retries=15,
                                    backoff=0.01, max_per_host=32)
            for kind, count in chaos.faults.items():
                self.assertGreater(count, 5, f"seed {seed}: too few {kind}")
            self.assertEqual([s.get("sha256", s) for s in got["samples"]],
                             [servers.sha256(body) for body in files.values()],
                             f"seed {seed}")
            host, = got["hosts"]
            self.assertEqual(host["answers"], SAMPLES)
            # A second request is let go when the first is answered.
            self.assertLessEqual(host["throttled"], chaos.faults["busy"])
            self.assertGreaterEqual(host["throttled"],
                                    chaos.faults["busy"] - host["hedges"])
            self.assertEqual(host["failed"], 0)
            # The client has gone: no connection of its is left.
            for _ in range(100):
                if chaos.connections == 0:
                    break
                threading.Event().wait(0.05)
            self.assertEqual(chaos.connections, 0)

    def test_nothing_leaks(self):
        # 90 rounds are more than 100,000 requests and take twenty minutes.
        rounds = max(4, int(os.environ.get("QUARRY_SOAK_ROUNDS", "4")))
        files = {f"{i:04}.jpg": hashlib.sha256(str(i).encode()).digest() * 2000
                 for i in range(SAMPLES)}
        chaos = Chaos(files, 3)
        self.addCleanup(chaos.close)
        with servers.folder() as folder:
            got = servers.probe("http", chaos.listing(folder), retries=15,
                                backoff=0.01, max_per_host=32, rounds=rounds,
                                timeout=3000)
        self.assertEqual([s.get("sha256", s) for s in got["samples"]],
                         [servers.sha256(body) for body in files.values()])
        used, before, after = got["used"], got["before"], got["after"]
        print("requests:", chaos.requests, "connections:", chaos.most_connections,
              "at most; descriptors and bytes before:", before, "half way:",
              used[rounds // 2], "last:", used[-1], "after:", after)
        self.assertGreater(chaos.requests, rounds * SAMPLES)
        # Each connection is a descriptor of the client: 32 that are asked, those
        # just closed, which the server sees later, and a few for other things.
        self.assertLessEqual(chaos.most_connections, 2 * 32)
        self.assertLessEqual(max(u["files"] for u in used), before["files"] + 32 + 8)
        # The source is gone, its process is not: it has closed all it opened.
        self.assertEqual(after["files"], before["files"])
        # What libcurl, the allocator and the statistics need is there by half. A
        # body is 64 KB: one in a dozen that stays would show.
        self.assertLess(used[-1]["memory"], used[rounds // 2]["memory"] + (5 << 20))

    def test_what_never_works_is_reported_with_its_reason(self):
        reasons = {"reset": ("net.broken",), "cut": ("net.truncated",),
                   "corrupt": ("net.corrupt",), "busy": ("net.throttled",),
                   "silent": ("net.broken",)}
        for kind, wanted in reasons.items():
            chaos = Chaos({"x": b"0123456789" * 10}, 0, broken={"x": kind})
            self.addCleanup(chaos.close)
            with servers.folder() as folder:
                got = servers.probe("http", chaos.listing(folder), retries=2,
                                    backoff=0.01)
            self.assertIn(got["samples"][0].get("error"), wanted, kind)
            self.assertEqual(chaos.faults[kind], 3, kind)


if __name__ == "__main__":
    servers.main()
