#!/usr/bin/env python3
"""FtpSource against a real FTP server."""

import logging
import os
import threading
import time
import unittest

import _servers as servers


class Ftp(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.context = servers.folder()
        cls.folder = cls.context.__enter__()
        cls.addClassCleanup(lambda: cls.context.__exit__(None, None, None))
        pool = cls.folder / "pool"
        cls.digests = servers.write_pool(pool, 60)
        (pool / "0/a b#ü.jpg").write_bytes(b"odd")
        cls.digests["0/a b#ü.jpg"] = servers.sha256(b"odd")
        (pool / "notes.txt").write_text("no sample", encoding="utf-8")
        cls.server = servers.Ftp(cls.folder)
        cls.server.__enter__()
        cls.addClassCleanup(lambda: cls.server.__exit__())

    def url(self, path="pool/", **user):
        return self.server.url(path, **user)

    def test_all_files_below_a_directory_in_the_order_of_their_paths(self):
        got = servers.probe("ftp", self.url())
        self.assertEqual([s["id"] for s in got["samples"]],
                         sorted(self.digests, key=str.encode))
        for sample in got["samples"]:
            self.assertEqual(sample.get("sha256"), self.digests[sample["id"]])
        self.assertNotIn("p w", str(got))
        self.assertNotIn("p%20w", str(got))
        host = got["hosts"][0]
        self.assertEqual(host["hedges"], 0)
        self.assertLessEqual(host["connections"], 9 + host["retries"])

    def test_a_second_run_only_lists_and_one_offline_does_not_even(self):
        pool = self.folder / "cached"
        digests = servers.write_pool(pool, 60)
        (pool / "odd;type=a.jpg").write_bytes(b"odd\r\n\n")
        digests["odd;type=a.jpg"] = servers.sha256(b"odd\r\n\n")
        an_hour_ago = time.time() - 3600
        for name in digests:
            os.utime(pool / name, (an_hour_ago, an_hour_ago))
        (pool / "fresh.jpg").write_bytes(b"fresh")
        # However long the test takes, the file is new.
        os.utime(pool / "fresh.jpg", (time.time() + 3600,) * 2)
        digests["fresh.jpg"] = servers.sha256(b"fresh")
        folders = 8  # 0 to 6, and their parent

        def read(**options):
            got = servers.probe("ftp", self.url("cached/"),
                                cache=self.folder / "cache", **options)
            self.assertEqual({s["id"]: s.get("sha256") for s in got["samples"]},
                             digests)
            return got["hosts"][0]

        self.assertEqual(read()["cached"], 0)
        second = read()
        self.assertEqual(second["cached"], len(digests) - 1)  # one may change yet
        self.assertEqual(second["requests"], folders + 1)
        offline = read(offline=1)
        self.assertEqual(offline["requests"], 0)
        self.assertEqual(offline["cached"], folders + len(digests))
        name = "0/0000.jpg"
        (pool / name).write_bytes(b"another")
        os.utime(pool / name, (an_hour_ago + 5, an_hour_ago + 5))
        digests[name] = servers.sha256(b"another")
        self.assertEqual(read()["cached"], len(digests) - 2)
        for path in (self.folder / "cache").rglob("*"):
            if path.is_file():
                self.assertNotIn(b"p w", path.read_bytes())
                self.assertNotIn(b"p%20w", path.read_bytes())

    def test_a_wrong_password_is_the_runs_fault(self):
        got = servers.probe("ftp", self.url(user="q:wrong"))
        self.assertEqual(got["error"], "net.forbidden")
        self.assertNotIn("wrong@", got["message"])

    def test_a_directory_that_is_not_there_is_named(self):
        got = servers.probe("ftp", self.url("nothere/"), retries=0)
        self.assertIn(got["error"], ("net.not_found", "net.forbidden"))
        self.assertIn("nothere", got["message"])

    def serve(self, authorizer, more=lambda server: None, **members):
        """The port of a server whose handler has these members."""
        logging.getLogger("pyftpdlib").setLevel(logging.ERROR)
        from pyftpdlib.handlers import FTPHandler
        from pyftpdlib.ioloop import IOLoop
        from pyftpdlib.servers import FTPServer

        authorizer.add_user("q", "p w", str(self.folder))
        handler = type("Handler", (FTPHandler,),
                       {"authorizer": authorizer, "auth_failed_timeout": 0, **members})
        # Each thread has a loop of its own.
        server = FTPServer(("127.0.0.1", 0), handler, ioloop=IOLoop())
        more(server)
        ending = threading.Event()

        def serve():
            while not ending.is_set():
                server.serve_forever(timeout=0.05, blocking=False, handle_exit=False)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        self.addCleanup(server.close_all)
        self.addCleanup(thread.join, 10)
        self.addCleanup(ending.set)
        return server.address[1]

    def test_a_slow_file_is_waited_for_and_not_asked_for_twice(self):
        from pyftpdlib.authorizers import DummyAuthorizer
        from pyftpdlib.handlers import FTPHandler

        served = []

        def retrieve(handler, file):
            served.append(file)
            if len(served) == 58:
                time.sleep(0.5)
            return FTPHandler.ftp_RETR(handler, file)

        port = self.serve(DummyAuthorizer(), ftp_RETR=retrieve)
        got = servers.probe("ftp", f"ftp://q:p%20w@127.0.0.1:{port}/pool/")
        self.assertEqual({s["id"]: s.get("sha256") for s in got["samples"]},
                         self.digests)
        self.assertEqual(got["hosts"][0]["hedges"], 0)

    def serve_without(self, *commands):
        """The URL of the pool on a server that does not know some commands."""
        from pyftpdlib.authorizers import DummyAuthorizer
        from pyftpdlib.handlers import FTPHandler

        known = {name: what for name, what in FTPHandler.proto_cmds.items()
                 if name not in commands}
        port = self.serve(DummyAuthorizer(), proto_cmds=known)
        return f"ftp://q:p%20w@127.0.0.1:{port}/pool/"

    def test_a_server_without_mlsd_is_asked_with_list(self):
        url = self.serve_without("MLSD", "MLST")

        def read(**options):
            got = servers.probe("ftp", url, cache=self.folder / "listed", **options)
            self.assertEqual({s["id"]: s.get("sha256") for s in got["samples"]},
                             self.digests)
            return got["hosts"][0]

        first = read()
        self.assertEqual(first["hedges"], 0)
        # One question too many, of the first folder.
        asked = first["requests"] - first["retries"]
        self.assertEqual(asked, 1 + 8 + len(self.digests))
        self.assertEqual(first["cached"], 0)
        self.assertEqual(read()["cached"], 0)  # nothing tells versions apart
        offline = read(offline=1)
        self.assertEqual(offline["requests"], 0)
        self.assertEqual(offline["cached"], 8 + len(self.digests))

    def test_a_server_that_lists_nothing_is_told(self):
        got = servers.probe("ftp", self.serve_without("MLSD", "MLST", "LIST"))
        self.assertEqual(got["error"], "net.listing")
        self.assertIn("127.0.0.1", got["message"])
        self.assertIn("does not know the command LIST", got["message"])
        self.assertNotIn("p%20w", got["message"])

    def test_a_server_that_takes_few_at_once_is_asked_for_less(self):
        from pyftpdlib.authorizers import AuthenticationFailed, DummyAuthorizer

        class Few(DummyAuthorizer):
            """530 to whoever logs in when two are there, as ProFTPD does."""

            def validate_authentication(self, username, password, handler):
                super().validate_authentication(username, password, handler)
                there = [h for h in handler.ioloop.socket_map.values()
                         if getattr(h, "authenticated", False)]
                if len(there) >= 2:
                    raise AuthenticationFailed("Too many are logged in")

        def few_connections(server):
            server.max_cons_per_ip = 2  # 421 to the third

        for limit in ("login", "address"):
            port = (self.serve(Few()) if limit == "login"
                    else self.serve(DummyAuthorizer(), few_connections))
            got = servers.probe("ftp", f"ftp://q:p%20w@127.0.0.1:{port}/pool/")
            for sample in got["samples"]:
                self.assertEqual(sample.get("sha256", sample),
                                 self.digests[sample["id"]], limit)
            self.assertGreater(got["hosts"][0]["throttled"], 0, limit)


class Ftps(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.context = servers.folder()
        cls.folder = cls.context.__enter__()
        cls.addClassCleanup(lambda: cls.context.__exit__(None, None, None))
        cls.digests = servers.write_pool(cls.folder / "pool", 40)
        cls.server = servers.Ftps(cls.folder / "pool", cls.folder)
        cls.server.__enter__()
        cls.addClassCleanup(lambda: cls.server.__exit__())

    def test_all_files_come_over_tls_from_a_host_that_is_trusted(self):
        # The server gives nothing to who does not speak TLS, be it a command, a
        # listing or a file.
        got = servers.probe("ftp", self.server.url(), ca_file=self.server.ca_file)
        self.assertEqual({s["id"]: s.get("sha256", s) for s in got["samples"]},
                         self.digests)
        self.assertLessEqual(got["hosts"][0]["connections"],
                             9 + got["hosts"][0]["retries"])

    def test_a_host_that_proves_nothing_ends_the_run(self):
        got = servers.probe("ftp", self.server.url(), retries=0)
        self.assertEqual(got["error"], "net.tls")
        self.assertNotIn("p%20w", str(got))

    def test_a_wrong_password_ends_the_run(self):
        got = servers.probe("ftp", self.server.url(user="q:wr0ng"),
                            ca_file=self.server.ca_file)
        self.assertEqual(got["error"], "net.forbidden")
        self.assertNotIn("wr0ng", str(got))


if __name__ == "__main__":
    servers.main()
