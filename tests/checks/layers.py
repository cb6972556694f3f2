#!/usr/bin/env python3
"""A part includes headers only of parts that its target links, which is what
keeps the order of the parts and the components of the package honest."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]quarry/([a-z_]+)[/.]', re.M)


def linked():
    """What the quarry_part() calls of CMakeLists.txt say, transitively."""
    text = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    direct = {}
    for call in re.findall(r"^\s*quarry_part\(([^)]+)\)", text, re.M):
        name, *words = call.split()
        direct[name] = {w[8:] for w in words if w.startswith("quarry::")}
    whole = {}
    for name, parts in direct.items():  # a part stands after those it needs
        whole[name] = {name} | parts
        for part in parts:
            whole[name] |= whole[part]
    return whole


def part_of(path):
    if path.name.startswith("torch_"):
        return "torch"
    inside = path.relative_to(ROOT).parts
    depth = 2 if inside[0] == "include" else 1
    return pathlib.Path(inside[depth]).stem


def main():
    allowed = linked()
    failed = []
    for path in sorted(
        [*(ROOT / "include").rglob("*.hpp"), *(ROOT / "src").rglob("*.[ch]pp")]
    ):
        part = part_of(path)
        if part not in allowed:
            continue  # quarry.hpp
        found = set(INCLUDE.findall(path.read_text(encoding="utf-8")))
        for other in sorted((found & set(allowed)) - allowed[part]):
            failed.append(
                f"{path.relative_to(ROOT)}: {part} does not link {other}"
            )
    print("\n".join(failed) or "every part includes only what it links")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
