#!/usr/bin/env python3
"""quarry select over HTTP, S3 and FTP gives the picks of the same files in a
folder."""

import json
import math
import os
import pathlib
import subprocess
import tarfile
import unittest
import urllib.parse

import _hosts as hosts
import _servers as servers
from _cached import room
from _ceph import Ceph
from _chaos import Chaos

QUARRY = os.environ.get("QUARRY", "build/dev/quarry")
SHARED = pathlib.Path(os.environ.get("QUARRY_SHARED", "../shared"))
MODEL = SHARED / "models" / "small.pt"
ARCHIVE = SHARED / "data" / "cifar10-jpeg.tar.gz"
SAMPLES = int(os.environ.get("QUARRY_SELECT_SAMPLES", "600"))
# Seconds: an FTP server may take hundredths of one for every file.
TIMEOUT = 120 + SAMPLES // 10


class Select(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for file in (MODEL, ARCHIVE):
            if not file.exists():
                raise unittest.SkipTest(f"{file} is not there")
        cls.context = servers.folder()
        cls.folder = cls.context.__enter__()
        cls.addClassCleanup(lambda: cls.context.__exit__(None, None, None))
        cls.nginx = servers.Nginx(cls.folder / "nginx")
        cls.nginx.__enter__()
        cls.addClassCleanup(lambda: cls.nginx.__exit__())
        cls.names = []
        with tarfile.open(ARCHIVE) as tar:
            for member in tar:
                if not member.isfile():
                    continue
                name = f"pool/{len(cls.names):04}.jpg"
                path = cls.nginx.www / name
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(tar.extractfile(member).read())
                cls.names.append(name)
                if len(cls.names) == SAMPLES:
                    break
        for file, uris in (("relative.jsonl", cls.names),
                           ("absolute.jsonl", [f"{cls.nginx.url}/{name}"
                                               for name in cls.names])):
            (cls.nginx.www / file).write_text(
                "".join(json.dumps({"uri": uri, "id": pathlib.Path(name).name}) + "\n"
                        for uri, name in zip(uris, cls.names)), encoding="utf-8")

    def manifest(self, file, host):
        """The pool at that host; ids as in the folder."""
        path = self.folder / file
        path.write_text(
            "".join(json.dumps({"uri": host.url(name),
                                "id": pathlib.Path(name).name}) + "\n"
                    for name in self.names), encoding="utf-8")
        return path

    def run_select(self, data, *more, code=0, environment=None):
        clean = {name: value for name, value in os.environ.items()
                 if not name.startswith("AWS_")}
        clean["no_proxy"] = "127.0.0.1,localhost"
        done = subprocess.run(
            [QUARRY, "select", "--data", str(data), "--model", str(MODEL),
             "--strategy", "margin", "--budget", "50", "--json", *map(str, more)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            timeout=TIMEOUT, check=False, cwd=self.folder, env={**clean, **(environment or {})})
        self.assertEqual(done.returncode, code, done.stderr)
        return done

    def select(self, data, *more, code=0, **how):
        done = self.run_select(data, *more, code=code, **how)
        return json.loads(done.stdout) if code == 0 else done.stderr

    def picks(self, data, *more, **how):
        return [(p["id"], p["score"])
                for p in self.select(data, *more, **how)["picks"]]

    def test_the_same_picks_as_from_the_folder(self):
        local = self.picks(self.nginx.www / "pool")
        self.assertEqual(len(local), 50)
        self.assertEqual(self.picks(self.nginx.www / "absolute.jsonl"), local)
        self.assertEqual(self.picks(f"{self.nginx.url}/relative.jsonl"), local)
        self.assertEqual(
            self.picks(f"{self.nginx.tls_url}/relative.jsonl", "--ca-file",
                       self.nginx.ca_file), local)

    def test_a_list_of_urls_gives_the_same_picks(self):
        local = [(f"/pool/{name}", score)
                 for name, score in self.picks(self.nginx.www / "pool")]
        urls = [f"{self.nginx.url}/{name}" for name in self.names]
        # As other tools write them: with comments, blank lines, CRLF.
        for lines in ("\n".join(urls), "# pool\r\n\r\n" + "\r\n".join(urls)):
            file = self.folder / "list.txt"
            file.write_text(lines, encoding="utf-8", newline="")
            picked = self.select(file)["picks"]
            self.assertEqual([(urllib.parse.urlsplit(p["uri"]).path, p["score"])
                              for p in picked], local)

    def test_a_host_that_fails_a_fifth_of_the_time_changes_no_pick(self):
        files = {name: (self.nginx.www / name).read_bytes() for name in self.names}
        local = self.picks(self.nginx.www / "pool")
        # Those that no attempt brings are none that would have been picked.
        picked = {f"pool/{name}" for name, _ in local}
        rest = [name for name in self.names if name not in picked]
        broken = dict(zip(rest, ("cut", "corrupt", "silent", "reset")))
        # The program asks six times: what is faulty four times arrives.
        chaos = Chaos(files, seed=4, most=4, broken=broken)
        self.addCleanup(chaos.close)
        result = self.select(self.manifest("chaos.jsonl", chaos))
        self.assertEqual([(p["id"], p["score"]) for p in result["picks"]], local)
        reasons = {"cut": "net.truncated", "corrupt": "net.corrupt",
                   "silent": "net.broken", "reset": "net.broken"}
        self.assertEqual({f["id"]: f["error"] for f in result["failures"]},
                         {pathlib.Path(name).name: reasons[kind]
                          for name, kind in broken.items()})
        self.assertEqual(result["pool"]["scored"], SAMPLES - len(broken))
        for kind, count in chaos.faults.items():
            self.assertGreater(count, 5, f"too few {kind}")

    def test_a_host_sees_no_more_connections_than_it_is_said_to_bear(self):
        files = {name: (self.nginx.www / name).read_bytes() for name in self.names}
        local = self.picks(self.nginx.www / "pool")
        for most in (1, 3):
            host = Chaos(files, seed=0, most=0)
            self.addCleanup(host.close)
            file = self.manifest("gentle.jsonl", host)
            result = self.select(file, "--connections", most)
            self.assertEqual([(p["id"], p["score"]) for p in result["picks"]], local)
            self.assertGreaterEqual(host.most_connections, most)
            # The slower of two requests ends with its connection, which the
            # host may see after the next one.
            second, = (one["hedges"] for one in result["network"])
            self.assertLessEqual(host.most_connections, most + second)

    def test_s3_gives_the_same_picks(self):
        with servers.folder() as folder, Ceph(folder) as ceph:
            client = ceph.client()
            client.create_bucket(Bucket="pool")
            for name in self.names:
                client.upload_file(str(self.nginx.www / name), "pool", name)
            self.assertEqual(
                self.picks("s3://pool/pool/", environment=ceph.account()),
                self.picks(self.nginx.www / "pool"))
            said = self.select("s3://pool/pool/", code=3,
                               environment=ceph.account(secret="tell-nobody"))
            self.assertIn("error[s3.credentials]", said)
            self.assertNotIn("tell-nobody", said)

    def test_a_run_that_the_network_ended_goes_on_in_the_next(self):
        class Expires(hosts.S3):
            """The token it is given is good for 400 objects."""

            good_for = 400

            def refusal(self, request):
                if self.served < self.good_for:
                    return super().refusal(request)
                return self.error(400, "ExpiredToken")

        bucket = Expires({name: (self.nginx.www / name).read_bytes()
                          for name in self.names})
        self.addCleanup(bucket.close)
        account = {"AWS_ENDPOINT_URL": bucket.url, "AWS_REGION": "us-east-1",
                   "AWS_ACCESS_KEY_ID": "AKIAQUARRY", "AWS_SECRET_ACCESS_KEY": "key",
                   "AWS_SESSION_TOKEN": "token"}

        def run(workspace, **how):
            return self.select("s3://pool/pool/", "--batch", 32, "--workspace",
                               self.folder / workspace, environment=account, **how)

        said = run("resumed", code=3)
        self.assertEqual(said.count("error["), 1, said)
        self.assertIn("error[s3.credentials]", said)
        bucket.good_for = math.inf
        result = run("resumed")
        self.assertGreater(result["predictions"]["cached"], 0)
        self.assertEqual(sum(result["predictions"].values()), SAMPLES)
        self.assertEqual([(p["id"], p["score"]) for p in result["picks"]],
                         self.picks(self.nginx.www / "pool"))

    def test_ftp_gives_the_same_picks(self):
        with servers.Ftp(self.nginx.www) as ftp:
            self.assertEqual(self.picks(ftp.url("pool/")),
                             self.picks(self.nginx.www / "pool"))

    def test_a_second_run_reads_what_the_first_has_kept(self):
        pool = f"{self.nginx.url}/relative.jsonl"
        local = self.picks(self.nginx.www / "pool")
        self.assertEqual(self.picks(pool), local)
        self.assertFalse((self.folder / ".quarry/bytes").exists())
        said = self.select(pool, "--offline", code=3)
        self.assertIn("error[cache.unusable]", said)
        self.assertEqual(self.picks(pool, "--cache", "on"), local)
        self.assertTrue((self.folder / ".quarry/bytes/index.db").exists())

        again = self.select(pool, "--cache", "on")
        host, = again["network"]
        self.assertGreaterEqual(host["cached"], SAMPLES)
        self.assertEqual(host["bytes"], 0)
        self.assertEqual([(p["id"], p["score"]) for p in again["picks"]], local)
        asked = len(self.nginx.requests())
        out = self.folder / "offline"
        offline = self.select(pool, "--offline", "--out", out)
        self.assertEqual(offline["picks"], again["picks"])
        self.assertEqual(offline["network"][0]["requests"], 0)
        self.assertEqual(len(self.nginx.requests()), asked)
        self.assertIn("Kept", (out / "report.html").read_text(encoding="utf-8"))

        elsewhere = self.folder / "elsewhere"
        self.picks(pool, "--cache", "on", "--workspace", elsewhere, "--cache-size",
                   "100kB")
        self.assertTrue(0 < room(elsewhere) <= 100_000)
        self.assertIn("error[cli.value]",
                      self.select(pool, "--offline", "--cache", "write", code=2))

    def test_a_cache_that_cannot_be_used_costs_a_note_and_no_run(self):
        file = self.folder / "file"
        file.write_text("no folder", encoding="utf-8")
        done = self.run_select(f"{self.nginx.url}/relative.jsonl", "--cache", "on",
                               "--workspace", file)
        self.assertEqual(json.loads(done.stdout)["pool"]["scored"], SAMPLES)
        self.assertRegex(done.stderr, r"note: .*\(cache[.]unusable\)")
        self.assertIn("error[cli.value]",
                      self.select(self.nginx.www, "--workspace", "", code=2))

    def test_a_cache_may_be_read_alone_or_filled_anew(self):
        pool = f"{self.nginx.url}/relative.jsonl"
        folder = self.folder / "modes"
        self.select(pool, "--cache", "read", "--workspace", folder)
        self.assertFalse(folder.exists())
        first, = self.select(pool, "--cache", "write", "--workspace", folder)["network"]
        self.assertEqual(first["cached"], 0)
        again, = self.select(pool, "--cache", "write", "--workspace", folder)["network"]
        self.assertEqual(again["cached"], 0)
        read, = self.select(pool, "--cache", "read", "--workspace", folder)["network"]
        self.assertEqual(read["bytes"], 0)

    def test_missing_objects_are_failures_and_the_hosts_are_accounted_for(self):
        lines = (self.nginx.www / "absolute.jsonl").read_text().splitlines()
        lines[7] = json.dumps({"uri": f"{self.nginx.url}/gone/x", "id": "gone"})
        file = self.folder / "holes.jsonl"
        file.write_text("\n".join(lines), encoding="utf-8")
        out = self.folder / "out"
        result = self.select(file, "--out", out)
        self.assertEqual([(f["id"], f["error"]) for f in result["failures"]],
                         [("gone", "net.not_found")])
        host, = result["network"]
        # The pictures of the report are read once more.
        self.assertGreaterEqual(host["answers"], SAMPLES - 1)
        report = (out / "report.html").read_text(encoding="utf-8")
        self.assertIn("What the hosts did", report)

    def test_nothing_that_grants_access_comes_out(self):
        url = self.nginx.url.replace("//", "//me:pa%20ss@")
        names = self.names[:60]
        file = self.folder / "auth.txt"
        file.write_text("".join(f"{url}/auth/{name}\n" for name in names),
                        encoding="utf-8")
        out = self.folder / "auth-out"
        result = self.select(file, "--out", out)
        self.assertEqual(result["pool"]["scored"], len(names))
        self.assertNotIn("pa%20ss", json.dumps(result))
        for written in out.iterdir():
            self.assertNotIn("pa%20ss", written.read_text(encoding="utf-8"))

    def test_a_host_that_is_not_there_ends_the_run_with_one_error(self):
        said = self.select(f"http://127.0.0.1:{servers.free_port()}/pool.txt", code=3)
        self.assertIn("error[net.connect]", said)
        said = self.select("http://nosuchhost.invalid/pool.txt", code=3)
        self.assertIn("error[net.resolve]", said)


if __name__ == "__main__":
    servers.main()
