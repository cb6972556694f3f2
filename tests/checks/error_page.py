#!/usr/bin/env python3
"""Every error id in the code is explained in docs/errors.md, and every id
explained there is in the code.

In the code an id is a string literal "area.what" that is given to raise, fail,
Failure or ErrorId, or whose area is one the page knows. On the page it is
`area.what` at the head of a table row, a list item or a heading.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "errors.md"
CODE = ("include", "src", "examples")
ID = r"[a-z0-9_]+\.[a-z0-9_]+"
GIVEN = re.compile(r'\b(?:raise|fail|Failure|ErrorId)\s*[({]\s*"(' + ID + ')"')
LITERAL = re.compile(r'"(' + ID + ')"')
FILE = re.compile(
    r"\.(json|jsonl|csv|txt|npy|npz|pt|pt2|so|html|jpg|jpeg|png|bin|md|hpp|"
    r"cpp|yaml|yml|db|tar|part|tmp)$"
)
EXPLAINED = re.compile(r"^\s*(?:\|\s*|[-*]\s+|#+\s+)`(" + ID + ")`", re.M)


def main():
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    explained = set(EXPLAINED.findall(page))
    areas = {name.split(".")[0] for name in explained}
    used = {}
    for folder in CODE:
        for path in sorted((ROOT / folder).rglob("*.[ch]pp")):
            text = path.read_text(encoding="utf-8")
            found = set(GIVEN.findall(text))
            for name in LITERAL.findall(text):
                if name.split(".")[0] in areas and not FILE.search(name):
                    found.add(name)
            for name in found:
                used.setdefault(name, path.relative_to(ROOT))
    failed = [
        f"{used[name]}: {name} is not in docs/errors.md"
        for name in sorted(set(used) - explained)
    ]
    failed += [
        f"docs/errors.md: {name} is not in the code"
        for name in sorted(explained - set(used))
    ]
    print("\n".join(failed) or f"{len(used)} error ids, all explained")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
