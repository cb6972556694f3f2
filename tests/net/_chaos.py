"""An HTTP server of our own that fails a fifth of the time, in every way."""

import asyncio
import base64
import collections
import hashlib
import math
import random
import socket
import struct
import threading

FAULTY = 0.2


class Chaos:
    """Serves a dictionary of bytes. Which answers are faulty, and how, is drawn
    anew for every request from a seeded stream; of one object no more than
    `most`. The answers of those in `broken` are all faulty, in the way that it
    says."""

    KINDS = ("late", "reset", "cut", "corrupt", "busy", "silent")

    def __init__(self, files, seed, most=math.inf, broken=None):
        self.files = files
        self.most = most
        self.broken = broken or {}
        self.faulty = collections.Counter()
        self.random = random.Random(seed)
        self.faults = {kind: 0 for kind in self.KINDS}
        self.requests = 0
        self.connections = 0
        self.most_connections = 0
        self.loop = asyncio.new_event_loop()
        ready = threading.Event()
        self.thread = threading.Thread(target=self.serve, args=(ready,), daemon=True)
        self.thread.start()
        ready.wait(10)

    def serve(self, ready):
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(
            asyncio.start_server(self.talk, "127.0.0.1", 0, backlog=256))
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        self.loop.run_forever()

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)

    def url(self, path):
        return f"http://127.0.0.1:{self.port}/{path}"

    def listing(self, folder):
        """A file of all URLs."""
        file = folder / "urls.txt"
        file.write_text("".join(f"{self.url(name)}\n" for name in self.files),
                        encoding="utf-8")
        return file

    async def talk(self, reader, writer):
        self.connections += 1
        self.most_connections = max(self.most_connections, self.connections)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                path = head.split()[1].decode().lstrip("/")
                if not await self.answer(path, writer):
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.connections -= 1
            writer.close()

    async def answer(self, path, writer):
        """Whether the connection stays open."""
        body = self.files[path]
        self.requests += 1
        fault = self.broken.get(path)
        if (fault is None and self.random.random() < FAULTY
                and self.faulty[path] < self.most):
            fault = self.random.choice(self.KINDS)
            self.faulty[path] += 1
        if fault is not None:
            self.faults[fault] += 1
        if fault == "busy":
            writer.write(b"HTTP/1.1 503 Busy\r\nRetry-After: 0\r\n"
                         b"Content-Length: 4\r\n\r\nbusy")
            await writer.drain()
            return True
        if fault == "silent":
            return False
        if fault == "late":
            await asyncio.sleep(0.3)
        checksum = base64.b64encode(hashlib.md5(body).digest()).decode()
        head = (f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n"
                f"Content-MD5: {checksum}\r\n\r\n").encode()
        if fault == "corrupt":
            at = self.random.randrange(len(body))
            body = body[:at] + bytes([body[at] ^ 1]) + body[at + 1:]
        if fault in ("cut", "reset"):
            writer.write(head + body[: len(body) // 2])
            await writer.drain()
            if fault == "reset":
                writer.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        writer.write(head + body)
        await writer.drain()
        return True
