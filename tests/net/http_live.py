#!/usr/bin/env python3
"""HttpSource against a real nginx."""

import time
import unittest

import _servers as servers


class Http(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.context = servers.folder()
        cls.folder = cls.context.__enter__()
        cls.addClassCleanup(lambda: cls.context.__exit__(None, None, None))
        cls.nginx = servers.Nginx(cls.folder / "nginx")
        cls.nginx.__enter__()
        cls.addClassCleanup(lambda: cls.nginx.__exit__())
        cls.digests = servers.write_pool(cls.nginx.www)

    def read(self, urls, **options):
        file = self.folder / "urls.txt"
        file.write_text("".join(f"{url}\n" for url in urls), encoding="utf-8")
        return servers.probe("http", file, **options)

    def only(self, url, **options):
        """The one sample of a pool of one."""
        return self.read([url], backoff=0.01, **options)["samples"][0]

    def test_all_bytes_are_those_of_the_files_over_few_connections(self):
        got = self.read([f"{self.nginx.url}/{name}" for name in self.digests])
        self.assertEqual([s["sha256"] for s in got["samples"]],
                         list(self.digests.values()))
        host, = got["hosts"]
        self.assertEqual(host["answers"], len(self.digests))
        self.assertLessEqual(host["connections"], 64)
        self.assertGreater(host["reused"], 0)
        self.assertEqual(host["retries"], 0)
        self.assertGreater(host["p99"], 0)

    def test_a_private_authority_is_trusted_when_it_is_named(self):
        url = f"{self.nginx.tls_url}/0/0000.jpg"
        refused = self.only(url)
        self.assertEqual(refused["error"], "net.tls")
        self.assertTrue(refused["run"])
        trusted = self.only(url, ca_file=self.nginx.ca_file)
        self.assertEqual(trusted["sha256"], self.digests["0/0000.jpg"])

    def test_what_is_missing_or_forbidden_is_the_samples_fault_at_once(self):
        before = len(self.nginx.requests())
        got = self.read([f"{self.nginx.url}/nothere.jpg",
                         f"{self.nginx.url}/forbidden/x",
                         f"{self.nginx.url}/gone/x",
                         f"{self.nginx.url}/0/0000.jpg"])
        self.assertEqual([s.get("error") for s in got["samples"]],
                         ["net.not_found", "net.forbidden", "net.not_found", None])
        self.assertFalse(any(s.get("run") for s in got["samples"]))
        self.assertEqual(len(self.nginx.requests()) - before, 4)

    def test_a_host_that_is_busy_is_asked_again_and_then_reported(self):
        got = self.read([f"{self.nginx.url}/fail503/x"], retries=1)
        self.assertEqual(got["samples"][0]["error"], "net.throttled")
        self.assertEqual(got["hosts"][0]["requests"], 2)
        self.assertEqual(got["hosts"][0]["throttled"], 2)
        self.assertEqual(self.only(f"{self.nginx.url}/fail500/x", retries=2)["error"],
                         "net.server")

    def test_a_limit_of_the_host_is_kept_until_all_is_there(self):
        names = list(self.digests)[:60]
        got = self.read([f"{self.nginx.url}/ratelimited/{n}" for n in names])
        self.assertEqual([s.get("sha256") for s in got["samples"]],
                         [self.digests[n] for n in names])
        self.assertGreater(got["hosts"][0]["throttled"], 0)

    def test_a_dropped_connection_is_tried_again(self):
        before = len(self.nginx.requests())
        sample = self.only(f"{self.nginx.url}/drop/x", retries=3)
        self.assertEqual(sample["error"], "net.broken")
        self.assertEqual(len(self.nginx.requests()) - before, 4)

    def test_a_transfer_that_stalls_ends(self):
        sample = self.only(f"{self.nginx.url}/hang/3/0094.jpg", retries=0,
                           stall_timeout=1)
        self.assertEqual(sample["error"], "net.timeout")

    def test_a_slow_host_is_not_a_stalled_one(self):
        sample = self.only(f"{self.nginx.url}/slow/3/0094.jpg", retries=0,
                           stall_timeout=2)
        self.assertEqual(sample["sha256"], self.digests["3/0094.jpg"])

    def test_redirects_are_followed_but_not_to_files_nor_out_of_tls(self):
        url, tls = self.nginx.url, self.nginx.tls_url
        self.assertEqual(self.only(f"{url}/redir/0/0000.jpg")["sha256"],
                         self.digests["0/0000.jpg"])
        self.assertEqual(self.only(f"{url}/loop/")["error"], "net.redirect")
        self.assertEqual(self.only(f"{url}/tofile/")["error"], "net.redirect")
        # Nor when it began outside.
        for path in (f"{tls}/downgrade/", f"{url}/updown/"):
            down = self.only(path, ca_file=self.nginx.ca_file)
            self.assertEqual(down["error"], "net.redirect", path)
        up = self.only(f"{url}/up/0/0000.jpg", ca_file=self.nginx.ca_file)
        self.assertEqual(up["sha256"], self.digests["0/0000.jpg"])

    def test_a_wrong_checksum_is_found_out(self):
        sample = self.only(f"{self.nginx.url}/badmd5/0/0000.jpg", retries=1)
        self.assertEqual(sample["error"], "net.corrupt")

    def test_only_the_named_authority_is_trusted(self):
        other = servers.Nginx(self.folder / "other")
        with other:
            refused = self.only(f"{other.tls_url}/x", ca_file=self.nginx.ca_file)
        self.assertEqual(refused["error"], "net.tls")

    def test_old_versions_of_tls_are_refused(self):
        # Whatever the system allows.
        system = self.folder / "openssl.cnf"
        system.write_text("openssl_conf = conf\n[conf]\nssl_conf = ssl\n[ssl]\n"
                          "system_default = all\n[all]\nMinProtocol = TLSv1\n"
                          "CipherString = ALL:@SECLEVEL=0\n", encoding="utf-8")
        file = self.folder / "urls.txt"
        file.write_text(f"{self.nginx.old_tls_url}/0/0000.jpg\n", encoding="utf-8")
        got = servers.probe("http", file, {"OPENSSL_CONF": str(system)}, retries=0,
                            ca_file=self.nginx.ca_file)
        self.assertEqual(got["samples"][0]["error"], "net.tls")

    def test_a_password_in_netrc_is_sent_when_it_is_asked_for(self):
        home = self.folder / "home"
        home.mkdir()
        netrc = home / ".netrc"
        netrc.write_text("machine 127.0.0.1 login me password \"pa ss\"\n",
                         encoding="utf-8")
        netrc.chmod(0o600)
        url = f"{self.nginx.url}/auth/0/0000.jpg"
        for on, answer in ((1, None), (0, "net.forbidden")):
            file = self.folder / "urls.txt"
            file.write_text(f"{url}\n", encoding="utf-8")
            got = servers.probe("http", file, {"HOME": str(home)}, netrc=on)
            self.assertEqual(got["samples"][0].get("error"), answer)

    def test_too_large_an_object_is_not_read(self):
        sample = self.only(f"{self.nginx.url}/3/0094.jpg", max_bytes=100)
        self.assertEqual(sample["error"], "net.too_large")

    def test_credentials_are_sent_and_never_shown(self):
        url = self.nginx.url.replace("//", "//me:pa%20ss@")
        got = self.read([f"{url}/auth/0/0000.jpg", f"{url}/auth/nothere"])
        self.assertEqual(got["samples"][0]["sha256"], self.digests["0/0000.jpg"])
        self.assertNotIn("pa%20ss", str(got))
        self.assertNotIn("pa ss", str(got))
        self.assertEqual(self.only(f"{self.nginx.url}/auth/0/0000.jpg")["error"],
                         "net.forbidden")

    def test_a_host_that_is_not_there_is_the_runs_fault(self):
        sample = self.only(f"http://127.0.0.1:{servers.free_port()}/x", retries=2)
        self.assertEqual(sample["error"], "net.connect")
        self.assertTrue(sample["run"])
        self.assertEqual(self.only("http://nosuchhost.invalid/x", retries=1)["error"],
                         "net.resolve")

    def test_one_dead_host_among_others_is_its_samples_fault(self):
        dead = f"http://127.0.0.1:{servers.free_port()}"
        got = self.read([f"{self.nginx.url}/{n}" for n in list(self.digests)[:50]] +
                        [f"{dead}/{i}" for i in range(20)], backoff=0.01, outage=2,
                        retries=2)
        good, bad = got["samples"][:50], got["samples"][50:]
        self.assertTrue(all("sha256" in s for s in good))
        self.assertEqual({s["error"] for s in bad}, {"net.connect"})
        self.assertFalse(any(s["run"] for s in bad))

    def test_waits_overlap(self):
        names = list(self.digests)[:64]
        begin = time.monotonic()
        got = self.read([f"{self.nginx.url}/delay/{n}" for n in names])
        self.assertTrue(all("sha256" in s for s in got["samples"]))
        # One after the other they would take 64 × 0.3 s.
        self.assertLess(time.monotonic() - begin, 8)


if __name__ == "__main__":
    servers.main()
