#!/usr/bin/env python3
"""FtpSource against a real FTP server."""

import importlib.util
import subprocess
import sys
import unittest

import _servers as servers


class Ftp(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if importlib.util.find_spec("pyftpdlib") is None:
            raise unittest.SkipTest("pyftpdlib is not installed")
        cls.context = servers.folder()
        cls.folder = cls.context.__enter__()
        cls.addClassCleanup(lambda: cls.context.__exit__(None, None, None))
        pool = cls.folder / "pool"
        cls.digests = servers.write_pool(pool, 60)
        (pool / "0/a b#ü.jpg").write_bytes(b"odd")
        cls.digests["0/a b#ü.jpg"] = servers.sha256(b"odd")
        (pool / "notes.txt").write_text("no sample", encoding="utf-8")
        cls.port = servers.free_port()
        cls.process = subprocess.Popen(
            [sys.executable, "-m", "pyftpdlib", "-i", "127.0.0.1", "-p",
             str(cls.port), "-d", str(cls.folder), "-u", "q", "-P", "p w"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cls.addClassCleanup(lambda: servers.stop(cls.process))
        servers.wait_until(lambda: servers.connects(cls.port), cls.process)

    def url(self, path="pool/", user="q:p%20w"):
        return f"ftp://{user}@127.0.0.1:{self.port}/{path}"

    def test_all_files_below_a_directory_in_the_order_of_their_paths(self):
        got = servers.probe("ftp", self.url())
        self.assertEqual([s["id"] for s in got["samples"]],
                         sorted(self.digests, key=str.encode))
        for sample in got["samples"]:
            self.assertEqual(sample.get("sha256"), self.digests[sample["id"]])
        self.assertNotIn("p w", str(got))
        self.assertNotIn("p%20w", str(got))
        self.assertLessEqual(got["hosts"][0]["connections"], 9)

    def test_a_wrong_password_is_the_runs_fault(self):
        got = servers.probe("ftp", self.url(user="q:wrong"))
        self.assertEqual(got["error"], "net.forbidden")
        self.assertNotIn("wrong@", got["message"])

    def test_a_directory_that_is_not_there_is_named(self):
        got = servers.probe("ftp", self.url("nothere/"), retries=0)
        self.assertIn(got["error"], ("net.not_found", "net.forbidden"))
        self.assertIn("nothere", got["message"])


if __name__ == "__main__":
    servers.main()
