#!/usr/bin/env python3
"""S3Source against radosgw, which verifies signatures."""

import io
import os
import subprocess
import tarfile
import unittest

import _servers as servers
from _ceph import KEY, SECRET, Ceph

ODD = ["odd/a b+ü%~x.jpg", "odd/k=v&w.jpg", "odd//double.jpg", "odd/./dot.jpg",
       "odd/ü/☃.jpg", "odd/100%.jpg", "odd/a+b c.jpg", "odd/q?mark#hash.jpg"]


class S3(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.context = servers.folder()
        folder = cls.context.__enter__()
        cls.addClassCleanup(lambda: cls.context.__exit__(None, None, None))
        cls.ceph = Ceph(folder)
        cls.addClassCleanup(lambda: cls.ceph.__exit__())
        cls.ceph.__enter__()
        cls.client = cls.ceph.client()
        cls.client.create_bucket(Bucket="pool")
        cls.digests = {}
        for key in ODD + [f"many/{i:04}.jpg" for i in range(2500)]:
            body = (key * 3).encode()
            cls.client.put_object(Bucket="pool", Key=key, Body=body)
            cls.digests[key] = servers.sha256(body)
        cls.client.put_object(Bucket="pool", Key="many/readme.txt", Body=b"no sample")

    def read(self, uri, key=KEY, secret=SECRET, kind="s3", **options):
        return servers.probe(kind, uri, self.ceph.account(key, secret), **options)

    def test_2500_objects_in_three_pages_in_the_order_of_their_keys(self):
        got = self.read("s3://pool/many/")
        self.assertEqual([s["id"] for s in got["samples"]],
                         [f"{i:04}.jpg" for i in range(2500)])
        for sample in got["samples"]:
            self.assertEqual(sample.get("sha256"),
                             self.digests["many/" + sample["id"]])
        self.assertGreater(got["hosts"][0]["reused"], 2000)

    def test_a_second_run_only_lists_and_one_offline_does_not_even(self):
        cache = self.ceph.folder / "cache"
        first = self.read("s3://pool/many/", cache=cache)
        self.assertEqual(first["hosts"][0]["cached"], 0)
        second = self.read("s3://pool/many/", cache=cache)
        self.assertEqual(second["samples"], first["samples"])
        self.assertEqual(second["hosts"][0]["requests"], 3)  # pages
        self.assertEqual(second["hosts"][0]["cached"], 2500)
        # Nobody is asked, and nothing needed to sign with.
        offline = self.read("s3://pool/many/", key="", secret="", cache=cache,
                            offline=1)
        self.assertEqual(offline["samples"], first["samples"])
        self.assertEqual(offline["hosts"][0]["requests"], 0)
        missing = self.read("s3://pool/odd/", cache=cache, offline=1)
        self.assertEqual(missing["error"], "net.offline")
        self.assertIn("s3://pool/odd/", missing["message"])
        odd = [self.read("s3://pool/odd/", cache=cache)["samples"] for _ in range(2)]
        self.assertEqual(odd[0], odd[1])
        self.client.put_object(Bucket="pool", Key="many/0007.jpg", Body=b"new")
        try:
            third = self.read("s3://pool/many/", cache=cache)
            self.assertEqual(third["hosts"][0]["cached"], 2499)
            self.assertEqual(third["samples"][7]["sha256"], servers.sha256(b"new"))
        finally:
            self.client.put_object(Bucket="pool", Key="many/0007.jpg",
                                   Body=b"many/0007.jpg" * 3)
        # A list asks for each, since it knows no versions.
        uris = self.ceph.folder / "list.txt"
        uris.write_text("s3://pool/many/0000.jpg\ns3://pool/many/0001.jpg\n",
                        encoding="utf-8")
        self.client.upload_file(str(uris), "pool", "list.txt")
        for expected in (0, 3):
            got = servers.probe(
                "manifest", "s3://pool/list.txt",
                {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET,
                 "AWS_ENDPOINT_URL": self.ceph.url, "AWS_REGION": "us-east-1"},
                cache=self.ceph.folder / "other")
            self.assertEqual([s["sha256"] for s in got["samples"]],
                             [self.digests[f"many/000{i}.jpg"] for i in (0, 1)])
            self.assertEqual(got["hosts"][0]["requests"], 3)
            self.assertEqual(got["hosts"][0]["cached"], expected)
        for path in [*cache.rglob("*"), *(self.ceph.folder / "other").rglob("*")]:
            if path.is_file():
                data = path.read_bytes()
                for secret in (KEY, SECRET, "AWS4-HMAC", "127.0.0.1"):
                    if path.name.startswith("index"):
                        self.assertNotIn(secret.encode(), data, path)

    def test_odd_keys_are_signed_and_sent_as_they_are(self):
        got = self.read("s3://pool/odd/")
        self.assertEqual({s["id"]: s.get("sha256") for s in got["samples"]},
                         {key[4:]: self.digests[key] for key in ODD})

    def test_a_prefix_is_part_of_a_name(self):
        got = self.read("s3://pool/many/00")
        self.assertEqual(len(got["samples"]), 100)
        self.assertEqual(got["samples"][0]["id"], "0000.jpg")

    def test_a_wrong_secret_is_named_as_such_and_stops(self):
        got = self.read("s3://pool/", secret="wrong")
        self.assertEqual(got["error"], "s3.credentials")
        self.assertIn("SignatureDoesNotMatch", got["message"])
        self.assertNotIn("wrong", got["message"])

    def test_an_unknown_key_and_an_unknown_bucket_are_named(self):
        got = self.read("s3://pool/", key="AKIANOBODY")
        self.assertEqual(got["error"], "s3.credentials")
        self.assertIn("InvalidAccessKeyId", got["message"])
        got = self.read("s3://nosuchpool/")
        self.assertEqual(got["error"], "s3.bucket")

    def test_shards_in_a_bucket_are_listed_and_read_by_parts(self):
        members = {f"{i:03}.jpg": os.urandom(700 + i) for i in range(200)}
        names = sorted(members)
        for shard, some in ((0, names[:90]), (1, names[90:]), (2, [])):
            data = io.BytesIO()
            with tarfile.open(fileobj=data, mode="w") as tar:
                for name in some:
                    info = tarfile.TarInfo(name)
                    info.size = len(members[name])
                    tar.addfile(info, io.BytesIO(members[name]))
            self.client.put_object(Bucket="pool", Key=f"shards/a b+{shard}.tar",
                                   Body=data.getvalue())
        self.client.put_object(Bucket="pool", Key="shards/a b+0.txt", Body=b"no shard")
        expected = [(f"a b+{0 if name < names[90] else 1}.tar#{name}",
                     servers.sha256(members[name])) for name in names]
        for pattern in ("s3://pool/shards/*.tar", "s3://pool/shards/a b+{0..2}.tar"):
            got = self.read(pattern, kind="tar")
            self.assertEqual([(s["id"], s.get("sha256")) for s in got["samples"]],
                             expected)
        self.assertEqual(got["samples"][0]["uri"],
                         "s3://pool/shards/a b+0.tar#000.jpg")
        self.assertEqual(self.read("s3://pool/shards/*.tgz", kind="tar")["error"],
                         "source.not_found")
        self.assertEqual(self.read("s3://pool/shards/x.tar", kind="tar")["error"],
                         "net.not_found")
        self.client.put_object(Bucket="pool", Key="empty.tar", Body=b"")
        self.assertEqual(self.read("s3://pool/empty.tar", kind="tar")["error"],
                         "source.format")

    def test_an_object_that_changed_since_the_listing_is_named(self):
        for i in range(20):
            self.client.put_object(Bucket="pool", Key=f"fresh/{i:02}.jpg",
                                   Body=f"old {i:02}".encode())
        pause = self.ceph.folder / "pause"
        process = subprocess.Popen(
            [servers.PROBE, "s3", "s3://pool/fresh/", f"pause={pause}"],
            env={**os.environ, "AWS_ACCESS_KEY_ID": KEY,
                 "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_ENDPOINT_URL": self.ceph.url},
            stdout=subprocess.PIPE, text=True)
        self.addCleanup(servers.stop, process)
        self.addCleanup(process.stdout.close)
        servers.wait_until(pause.exists, process)
        self.client.put_object(Bucket="pool", Key="fresh/07.jpg", Body=b"new 07")
        self.client.delete_object(Bucket="pool", Key="fresh/08.jpg")
        pause.unlink()
        got = servers.json.loads(process.communicate(timeout=60)[0])
        self.assertEqual([(s["id"], s["error"], s["run"]) for s in got["samples"]
                          if "error" in s],
                         [("07.jpg", "s3.changed", False),
                          ("08.jpg", "net.not_found", False)])

    def test_what_is_open_to_everybody_is_read_by_nobody(self):
        self.client.create_bucket(Bucket="open", ACL="public-read")
        self.client.put_object(Bucket="open", Key="a.jpg", Body=b"A", ACL="public-read")
        self.client.put_object(Bucket="open", Key="b.jpg", Body=b"B", ACL="private")
        got = self.read("s3://open/", key="", secret="", anonymous=1)
        self.assertEqual([s.get("sha256", s.get("error")) for s in got["samples"]],
                         [servers.sha256(b"A"), "net.forbidden"])
        closed = self.read("s3://pool/", key="", secret="", anonymous=1)
        self.assertEqual(closed["error"], "net.forbidden")

    def test_what_was_uploaded_in_parts_is_whole(self):
        body = os.urandom(12 << 20)
        self.client.upload_fileobj(io.BytesIO(body), "pool", "parts/large.jpg")
        self.assertIn("-", self.client.head_object(Bucket="pool",
                                                   Key="parts/large.jpg")["ETag"])
        got = self.read("s3://pool/parts/")
        self.assertEqual(got["samples"][0]["sha256"], servers.sha256(body))

    def test_a_list_in_a_bucket_names_keys_as_they_are(self):
        names = [key[len("odd/"):] for key in ODD]
        self.client.put_object(Bucket="pool", Key="odd/list?1.txt",
                               Body="".join(f"{n}\n" for n in names).encode())
        got = self.read("s3://pool/odd/list?1.txt", kind="manifest")
        self.assertEqual([s["id"] for s in got["samples"]], names)
        for name, sample in zip(names, got["samples"]):
            # These lead elsewhere, as in a URL.
            if not name.startswith((".", "/")):
                self.assertEqual(sample.get("sha256"), self.digests["odd/" + name])
        self.client.put_object(Bucket="pool", Key="lists/up.txt",
                               Body="".join(f"../{k}\n" for k in ODD).encode())
        got = self.read("s3://pool/lists/up.txt", kind="manifest")
        self.assertEqual([s.get("sha256") for s in got["samples"]],
                         [self.digests[k] for k in ODD])

    def test_nothing_to_sign_with_says_so_before_anything_is_sent(self):
        self.assertEqual(self.read("s3://pool/", key="", secret="")["error"],
                         "s3.credentials")


if __name__ == "__main__":
    servers.main()
