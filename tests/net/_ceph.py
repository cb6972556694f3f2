"""radosgw, which verifies signatures, with a store in memory."""

import os
import shutil
import subprocess
import unittest
import urllib.error
import urllib.request
import uuid

import _servers as servers

KEY, SECRET = "AKIAQUARRY", "quarrysecret"
CONF = """[global]
fsid = {fsid}
mon initial members = a
mon host = [v2:127.0.0.1:{mon2},v1:127.0.0.1:{mon1}]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
run dir = {t}/run
admin socket = {t}/run/$name.asok
log file = {t}/log/$name.log
keyring = {t}/keyring
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd crush chooseleaf type = 0
mon allow pool size one = true
mon data avail crit = 1
osd objectstore = memstore
memstore device bytes = 2147483648
setuser match path = /nonexistent
[mon.a]
mon data = {t}/mon
[osd.0]
osd data = {t}/osd
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:{port}
rgw data = {t}/rgw
"""


class Ceph:
    """One monitor, one store in memory, one gateway."""

    def __init__(self, folder):
        self.folder = folder
        self.port = servers.free_port()
        self.processes = []

    def run(self, *command, **options):
        return subprocess.run([str(c) for c in command], check=True, cwd=self.folder,
                              env=self.environment, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, timeout=120, **options)

    def start(self, *command):
        self.processes.append(subprocess.Popen(
            [str(c) for c in command], cwd=self.folder, env=self.environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        return self.processes[-1]

    def __enter__(self):
        try:
            import boto3  # noqa: F401, the foreign client that fills buckets
        except ImportError as error:
            raise unittest.SkipTest("boto3 is not installed") from error
        for program in ("ceph-mon", "ceph-osd", "radosgw", "radosgw-admin"):
            if shutil.which(program) is None:
                raise unittest.SkipTest(f"{program} is not installed")
        try:
            self.begin()
        except BaseException:
            self.__exit__()
            raise
        return self

    def begin(self):
        t = self.folder
        fsid = uuid.uuid4()
        mon1, mon2 = servers.free_port(), servers.free_port()
        for name in ("mon", "osd", "run", "log", "rgw"):
            (t / name).mkdir()
        conf = t / "ceph.conf"
        conf.write_text(CONF.format(fsid=fsid, mon1=mon1, mon2=mon2, t=t,
                                    port=self.port), encoding="utf-8")
        self.environment = {**os.environ, "CEPH_CONF": str(conf)}
        self.run("ceph-authtool", "--create-keyring", "keyring", "--gen-key", "-n",
                 "mon.", "--cap", "mon", "allow *")
        for name in ("client.admin", "client.rgw", "osd.0"):
            self.run("ceph-authtool", "keyring", "--gen-key", "-n", name, "--cap",
                     "mon", "allow *", "--cap", "osd", "allow *", "--cap", "mgr",
                     "allow *")
        self.run("monmaptool", "--create", "--addv", "a",
                 f"[v2:127.0.0.1:{mon2},v1:127.0.0.1:{mon1}]", "--fsid", fsid,
                 "monmap")
        self.run("ceph-mon", "--mkfs", "-i", "a", "--monmap", "monmap", "--keyring",
                 "keyring")
        mon = self.start("ceph-mon", "-i", "a", "-f")
        servers.wait_until(lambda: servers.connects(mon2), mon)
        osd = uuid.uuid4()
        self.run("ceph", "osd", "new", osd)
        self.run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
        self.start("ceph-osd", "-i", "0", "-f")
        gateway = self.start("radosgw", "-n", "client.rgw", "-f")
        servers.wait_until(self.answers, gateway, 120)
        self.run("radosgw-admin", "-n", "client.rgw", "user", "create", "--uid", "q",
                 "--display-name", "q", "--access-key", KEY, "--secret-key", SECRET)

    def answers(self):
        try:
            with urllib.request.urlopen(self.url, timeout=1) as answer:
                return answer.status == 200
        except urllib.error.HTTPError:
            return True

    def __exit__(self, *_):
        for process in reversed(self.processes):
            servers.stop(process)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def client(self):
        import boto3
        from botocore.config import Config

        return boto3.client(
            "s3", endpoint_url=self.url, aws_access_key_id=KEY,
            aws_secret_access_key=SECRET, region_name="us-east-1",
            config=Config(s3={"addressing_style": "path"}))

    def account(self, key=KEY, secret=SECRET):
        """What a program finds in its environment."""
        return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret,
                "AWS_ENDPOINT_URL": self.url, "AWS_REGION": "us-east-1",
                "HOME": str(self.folder)}
