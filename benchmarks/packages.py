"""Where the packages of others are that benchmarks compare with.

Their Python is to be run with -I: what the caller's PYTHONPATH names is not
theirs."""
import os
import pathlib
import subprocess
import sys

import common

SKIPPED = 77


def add_flags(parser, name):
    """`--venv`, by default a folder `name` of Quarry's cache, and `--install`."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME",
                                        pathlib.Path.home() / ".cache"))
    cache = pathlib.Path(os.environ.get("QUARRY_CACHE", cache / "quarry"))
    parser.add_argument("--venv", type=pathlib.Path, default=cache / name,
                        help="where the peers' packages are; default: %(default)s")
    parser.add_argument("--install", action="store_true",
                        help="put them there, and stop")


def ready(options, requirements):
    """Its Python, and what is in it in words; installs when that is asked for,
    and ends with 77 where something is missing."""
    if options.install:
        subprocess.run([sys.executable, "-m", "venv", options.venv], check=True)
        subprocess.run([options.venv / "bin" / "pip", "install", "-r", requirements],
                       check=True)
        sys.exit(0)
    wanted = [line for line in requirements.read_text(encoding="utf-8").splitlines()
              if line and not line.startswith("#")]
    python = options.venv / "bin" / "python"
    found = ""
    if python.exists():
        found = common.output([python, "-I", "-m", "pip", "freeze"])
    missing = [line for line in wanted if line not in found.splitlines()]
    if missing:
        print(f"{options.venv} lacks {', '.join(missing)}: "
              f"python3 {sys.argv[0]} --install", file=sys.stderr)
        sys.exit(SKIPPED)
    return python, ", ".join(wanted)
