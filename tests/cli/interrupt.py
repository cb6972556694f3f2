"""SIGINT and SIGTERM: the first stops a run in good order, the second ends it."""

import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading

from _quarry import QUARRY, TestCase, main, write_npy


def write_halves(path, row, rows):
    """An f2 array of `rows` equal rows."""
    header = f"{{'descr': '<f2', 'fortran_order': False, 'shape': ({rows}, {len(row)}), }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    body = struct.pack(f"<{len(row)}e", *row)
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)))
        file.write(header.encode() + body * rows)
    return str(path)


class Interrupt(TestCase):
    def on_a_terminal(self, *args, interrupt=False, size=None):
        """What `rank` with a terminal for stderr ends with, prints and shows; sends
        SIGINT when the bar shows that the choice is under way."""
        ours, theirs = pty.openpty()
        if size is not None:
            termios.tcsetwinsize(theirs, size)
        run = subprocess.Popen(
            [QUARRY, "rank", "--threads", "1", "--json", *map(str, args)],
            stdout=subprocess.PIPE, stderr=theirs, stdin=subprocess.DEVNULL,
            env={**os.environ, "TERM": "xterm"},
        )
        os.close(theirs)
        stdout = []
        reader = threading.Thread(target=lambda: stdout.append(run.stdout.read()))
        reader.start()
        seen = b""
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:  # how the end of a terminal is told
                break
            if not part:
                break
            sent = b"select" in seen
            seen += part
            if interrupt and not sent and b"select" in seen:
                run.send_signal(signal.SIGINT)
        reader.join()
        os.close(ours)
        run.stdout.close()
        return run.wait(timeout=60), stdout[0], seen.decode("utf-8", "replace")

    def test_a_bar_shows_how_far_it_is_how_fast_and_for_how_long(self):
        probs = write_halves(self.dir / "p.npy", [1 / 64] * 64, 1_000_000)
        for columns in (100, 40):
            code, _, shown = self.on_a_terminal(
                "--strategy", "entropy", "--budget", 10, "--probs", probs,
                size=(24, columns))
            self.assertEqual(code, 0, shown)
            bars = [bar.removesuffix("\x1b[K") for bar in shown.split("\r")
                    if bar.startswith("select")]
            self.assertGreater(len(bars), 0, shown)
            self.assertLess(max(map(len, bars)), columns)
            if columns == 40:
                continue
            parts = [re.fullmatch(
                r"select +\[(=*) *\] +(\d+) %  ([\d,]+)/1,000,000"
                r"(?:  ([\d,]+)/s)?(?:  ([\d.]+) s left)?", bar) for bar in bars]
            self.assertNotIn(None, parts, bars)
            done = [int(part[3].replace(",", "")) for part in parts]
            self.assertEqual(done, sorted(done))
            for part, rows in zip(parts, done):
                self.assertLessEqual(abs(int(part[2]) - rows / 1e4), 0.51)
                if part[5] is None:
                    continue
                rate = int(part[4].replace(",", ""))
                self.assertAlmostEqual(float(part[5]), (1e6 - rows) / rate,
                                       delta=0.06)
            # A machine on which it takes less than 0.3 s shows begin and end.
            if len(parts) > 3:
                self.assertTrue(any(part[5] for part in parts), bars)
            # It makes room for what comes after it.
            self.assertIn("\r\x1b[K", shown)

    def test_a_pointwise_choice_that_is_interrupted_is_cancelled(self):
        rows = 1_000_000
        probs = write_halves(self.dir / "p.npy", [1 / 64] * 64, rows)
        code, stdout, shown = self.on_a_terminal(
            "--strategy", "entropy", "--budget", 10, "--probs", probs, interrupt=True,
        )
        self.assertEqual(code, 6, shown)
        document = json.loads(stdout)
        self.assertEqual(document["stopped"], "cancelled")
        # Ten picks, and yet not the ten best.
        self.assertEqual(len(document["picks"]), 10)
        self.assertLess(document["pool"]["scored"], rows)
        self.assertGreater(document["pool"]["scored"], 0)
        self.assertTrue(re.search("cancelled: the picks", shown), shown)

    def test_a_set_strategy_that_is_interrupted_is_cancelled(self):
        rows = 20_000
        embeddings = write_halves(self.dir / "e.npy", [0.5] * 64, rows)
        code, stdout, shown = self.on_a_terminal(
            "--strategy", "k_center", "--budget", rows, "--embeddings", embeddings,
            interrupt=True,
        )
        self.assertEqual(code, 6, shown)
        document = json.loads(stdout)
        self.assertEqual(document["stopped"], "cancelled")
        self.assertLess(len(document["picks"]), rows)

    def test_a_second_signal_ends_it_at_once(self):
        # It has more to print than a pipe holds, and nobody reads on: it cannot
        # come to an end by itself.
        rows = 20_000
        probs = write_npy(self.dir / "p.npy", [0.5] * 2 * rows, (rows, 2))
        run = subprocess.Popen(
            [QUARRY, "rank", "--strategy", "margin", "--budget", str(rows),
             "--probs", probs, "--json"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL, bufsize=0,
        )
        self.assertEqual(run.stdout.read(1), b"{")
        run.send_signal(signal.SIGTERM)
        while b"once more to give up" not in run.stderr.readline():
            self.assertIsNone(run.poll())
        run.send_signal(signal.SIGTERM)
        self.assertEqual(run.wait(timeout=60), -signal.SIGTERM)
        run.stdout.close()
        run.stderr.close()


if __name__ == "__main__":
    main()
