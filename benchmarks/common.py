"""What the benchmarks' run.py share."""
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]


def run(command):
    """The JSON that a program prints as its last line."""
    done = subprocess.run([str(part) for part in command], text=True,
                          stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        sys.exit(f"{command[0]} ended with {done.returncode}")
    return json.loads(done.stdout.splitlines()[-1])
