#!/usr/bin/env python3
"""The program and who it says it is: quarry pack reads pools that ask for it."""

import base64
import json
import os
import subprocess
import tempfile
import unittest

import _hosts as hosts
import _servers as servers

QUARRY = os.environ.get("QUARRY", "build/dev/quarry")
NOTE = "note: others on this machine may read"


class Locked(hosts.Files):
    """Shows nothing to those who are not `me`."""

    def answer(self, request):
        said = request["headers"].get("authorization")
        if said != "Basic " + base64.b64encode(b"me:pa55").decode():
            return 401, {}, b""
        return super().answer(request)


class Open(hosts.S3):
    """A bucket open to everybody, and to nobody who signs."""

    def refusal(self, request):
        if "authorization" in request["headers"]:
            return self.error(403, "InvalidAccessKeyId")
        return None


class Pack(unittest.TestCase):
    def setUp(self):
        context = servers.folder()
        self.folder = context.__enter__()
        self.addCleanup(lambda: context.__exit__(None, None, None))

    def pack(self, *flags, code=0, environment=None):
        """The document, and what was said besides."""
        done = subprocess.run(
            [QUARRY, "pack", "--to", "tar", "--json", "--out",
             tempfile.mkdtemp(dir=self.folder), *flags], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, timeout=60, check=False, cwd=self.folder,
            env={**os.environ, "HOME": str(self.folder),
                 "no_proxy": "127.0.0.1,localhost", **(environment or {})})
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertNotIn("pa55", done.stdout + done.stderr)
        return json.loads(done.stdout) if code == 0 else None, done.stderr

    def locked(self):
        files = {"/list.txt": b"a.jpg\nb.jpg\n", "/a.jpg": b"A", "/b.jpg": b"B"}
        host = Locked(files)
        self.addCleanup(host.close)
        return host

    def test_a_password_on_the_command_line_is_noted_and_not_shown(self):
        url = self.locked().url.replace("//", "//me:pa55@") + "/list.txt"
        packed, said = self.pack("--data", url)
        self.assertEqual(packed["pool"]["packed"], 2)
        self.assertEqual(said.count(NOTE), 1, said)
        self.assertIn("--netrc", said)
        # It is no less true of a run that fails.
        _, said = self.pack("--data", url.replace("list", "gone"), code=3)
        self.assertEqual(said.count(NOTE), 1, said)

    def test_a_token_on_the_command_line_is_noted(self):
        host = self.locked()
        _, said = self.pack("--data", f"{host.url}/list.txt?token=pa55", code=3)
        self.assertEqual(said.count(NOTE), 1, said)

    def test_a_password_elsewhere_is_not_noted(self):
        url = self.locked().url.replace("//", "//me:pa55@") + "/list.txt"
        config = self.folder / "run.yaml"
        config.write_text(f"data: {url}\n", encoding="utf-8")
        packed, said = self.pack("--config", config)
        self.assertEqual(packed["pool"]["packed"], 2)
        self.assertNotIn(NOTE, said)

    def test_netrc_is_looked_at_when_it_is_asked_for(self):
        netrc = self.folder / ".netrc"
        netrc.write_text("machine 127.0.0.1 login me password pa55\n",
                         encoding="utf-8")
        netrc.chmod(0o600)
        url = self.locked().url + "/list.txt"
        packed, said = self.pack("--data", url, "--netrc")
        self.assertEqual(packed["pool"]["packed"], 2)
        self.assertNotIn(NOTE, said)
        _, said = self.pack("--data", url, code=3)
        self.assertIn("error[net.forbidden]", said)

    def test_an_open_bucket_is_read_without_a_signature(self):
        bucket = Open({f"p/{i}.jpg": b"x" * (i + 1) for i in range(5)})
        self.addCleanup(bucket.close)
        account = {"AWS_ENDPOINT_URL": bucket.url, "AWS_REGION": "us-east-1",
                   "AWS_ACCESS_KEY_ID": "AKIAQUARRY", "AWS_SECRET_ACCESS_KEY": "s"}
        packed, _ = self.pack("--data", "s3://pool/p/", "--s3-anonymous",
                              environment=account)
        self.assertEqual(packed["pool"]["packed"], 5)
        _, said = self.pack("--data", "s3://pool/p/", code=3, environment=account)
        self.assertIn("error[s3.credentials]", said)


if __name__ == "__main__":
    servers.main()
