#!/usr/bin/env python3
"""Who is told user and password, and what is shown of them."""

import base64
import unittest

import _hosts as hosts
import _servers as servers

LOGIN = "me:pa55"
BASIC = "Basic " + base64.b64encode(LOGIN.encode()).decode()


class Credentials(unittest.TestCase):
    def setUp(self):
        context = servers.folder()
        self.folder = context.__enter__()
        self.addCleanup(lambda: context.__exit__(None, None, None))
        self.other = hosts.Files({"/a.jpg": b"A", "/b/list.txt": b"a.jpg\n/c.jpg\n",
                                  "/b/a.jpg": b"BA", "/c.jpg": b"C"})
        self.host = hosts.Files({
            "/a.jpg": b"A", "/here": "/a.jpg", "/there": f"{self.other.url}/a.jpg",
            "/with": f"{self.other.url}/a.jpg".replace("//", "//you:w0rd@"),
            "/list.txt": b"a.jpg\na.jpg?X-Amz-Signature=s1gn\n",
            "/far.txt": f"{self.other.url}/b/list.txt",
            "/near.txt": "/b/list.txt", "/b/list.txt": b"a.jpg\n/c.jpg\n",
            "/b/a.jpg": b"BA", "/c.jpg": b"C",
            "/a.jpg?X-Amz-Signature=s1gn": b"S"})
        for host in (self.host, self.other):
            self.addCleanup(host.close)

    def url(self, path, login=LOGIN):
        return self.host.url.replace("//", f"//{login}@") + path

    def read(self, *urls, **options):
        listing = self.folder / "urls.txt"
        listing.write_text("".join(url + "\n" for url in urls), encoding="utf-8")
        return servers.probe("http", listing, retries=0, backoff=0.01, **options)

    def told(self, host):
        """What each request said of who asks, by path."""
        return {r["path"]: r["headers"].get("authorization") for r in host.requests}

    def test_the_host_of_the_url_is_told_and_no_other(self):
        got = self.read(self.url("/here"), self.url("/there"))
        self.assertEqual([s.get("sha256") for s in got["samples"]],
                         [servers.sha256(b"A")] * 2)
        self.assertEqual(self.told(self.host),
                         {"/here": BASIC, "/a.jpg": BASIC, "/there": BASIC})
        self.assertEqual(self.told(self.other), {"/a.jpg": None})
        self.assertNotIn("pa55", str(got))

    def test_what_a_redirect_says_of_who_asks_is_not_shown(self):
        got = self.read(f"{self.host.url}/with", f"{self.other.url}/nothere")
        self.assertNotIn("w0rd", str(got))

    def test_netrc_names_who_asks_a_host(self):
        (self.folder / ".netrc").write_text(
            f"machine 127.0.0.1 login me password pa55\n", encoding="utf-8")
        home = {"HOME": str(self.folder)}
        listing = self.folder / "urls.txt"
        listing.write_text(f"{self.host.url}/a.jpg\n", encoding="utf-8")
        servers.probe("http", listing, home)
        self.assertEqual(self.told(self.host), {"/a.jpg": None})
        got = servers.probe("http", listing, home, netrc=1)
        self.assertEqual(self.told(self.host), {"/a.jpg": BASIC})
        self.assertNotIn("pa55", str(got))

    def test_a_list_shows_no_secret_of_its_own_nor_of_what_it_names(self):
        got = servers.probe("manifest", self.url("/list.txt"), retries=0)
        self.assertEqual([s["id"] for s in got["samples"]],
                         ["a.jpg", "a.jpg?X-Amz-Signature=***"])
        self.assertEqual([s.get("sha256") for s in got["samples"]],
                         [servers.sha256(b"A"), servers.sha256(b"S")])
        self.assertEqual({v for v in self.told(self.host).values()}, {BASIC})
        for secret in ("pa55", "s1gn"):
            self.assertNotIn(secret, str(got))

    def test_what_is_relative_starts_where_the_list_was_found(self):
        got = servers.probe("manifest", self.url("/near.txt"), retries=0)
        self.assertEqual([s.get("sha256") for s in got["samples"]],
                         [servers.sha256(b"BA"), servers.sha256(b"C")])
        self.assertEqual({v for v in self.told(self.host).values()}, {BASIC})
        self.assertEqual([s["uri"] for s in got["samples"]],
                         [f"{self.host.url}/b/a.jpg", f"{self.host.url}/c.jpg"])
        got = servers.probe("manifest", self.url("/far.txt"), retries=0)
        self.assertEqual([s.get("sha256") for s in got["samples"]],
                         [servers.sha256(b"BA"), servers.sha256(b"C")])
        self.assertEqual({v for v in self.told(self.other).values()}, {None})
        self.assertNotIn("pa55", str(got))

    def test_a_password_that_no_url_holds_is_not_shown(self):
        for odd in ("me:pa55/w", "me:pa55#w", "me:pa55?w", "me:pa55 w"):
            got = self.read(self.url("/a.jpg", odd))
            self.assertEqual(got["error"], "net.url")
            self.assertNotIn("pa55", str(got))
        got = self.read(self.host.url.replace("//", "///" + LOGIN + "@") + "/a.jpg")
        self.assertEqual(got["error"], "net.url")
        self.assertNotIn("pa55", str(got))
        self.assertEqual(self.host.requests, [])


if __name__ == "__main__":
    servers.main()
