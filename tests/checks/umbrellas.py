#!/usr/bin/env python3
"""A part's umbrella includes every public header of the part, and nothing
else; quarry.hpp includes every umbrella."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = ROOT / "include"
# Not in quarry.hpp: the checkers are for tests, and torch's headers cost their
# includer half a minute.
NOT_IN_QUARRY = {"testing", "torch"}


def included(header):
    text = header.read_text(encoding="utf-8")
    return set(re.findall(r'^\s*#\s*include\s*[<"](quarry/[^>"]+)[>"]', text, re.M))


def main():
    failed = []
    parts = sorted(p.name for p in (INCLUDE / "quarry").iterdir() if p.is_dir())
    for part in parts:
        public = {
            str(p.relative_to(INCLUDE))
            for p in (INCLUDE / "quarry" / part).rglob("*.hpp")
            if "detail" not in p.parts and not p.name.startswith("torch_")
        }
        umbrella = INCLUDE / "quarry" / f"{part}.hpp"
        if not umbrella.exists():
            if public:
                failed.append(f"include/quarry/{part}.hpp is missing")
            continue
        has = included(umbrella)
        for name in sorted(public - has):
            failed.append(f"{part}.hpp does not include {name}")
        for name in sorted(has):
            generated = name == "quarry/version.hpp"
            if not generated and not (INCLUDE / name).exists():
                failed.append(f"{part}.hpp includes {name}, which is not there")
        code = [
            line
            for line in umbrella.read_text(encoding="utf-8").splitlines()
            if line.strip() and not re.match(r"\s*(#|//)", line)
        ]
        if code:
            failed.append(f"{part}.hpp holds more than includes: {code[0]}")
    whole = INCLUDE / "quarry" / "quarry.hpp"
    if whole.exists():
        has = included(whole)
        for part in parts:
            if part not in NOT_IN_QUARRY and f"quarry/{part}.hpp" not in has:
                failed.append(f"quarry.hpp does not include {part}.hpp")
    else:
        failed.append("include/quarry/quarry.hpp is missing")
    print("\n".join(failed) or f"{len(parts)} umbrellas are complete")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
