#!/usr/bin/env python3
"""Holds every snippet of the documentation against the code it comes from.

A fenced block in README.md or docs/ that follows one of these comments must be
equal to what the comment names:

    <!-- snippet: examples/010_hello_pool.cpp main -->   the region between the
                                    two lines `// [main]` of that file
    <!-- output: examples/010_hello_pool.expected -->    the whole file
    <!-- concept: include/quarry/data/concept.hpp DataSource -->  the definition

A C++ block without such a comment is an error: nothing is retyped by hand.

    snippets.py [--fix] [ROOT]      --fix rewrites the blocks from the code
"""
import pathlib
import re
import sys
import textwrap

BLOCK = re.compile(
    r"(?:<!-- (?P<kind>snippet|output|concept): (?P<what>[^>]+?) -->\n)?"
    r"```(?P<lang>\w*)\n(?P<body>.*?)```", re.S)


def region(text, name):
    parts = re.split(r"^[ \t]*// \[%s\][ \t]*\n" % re.escape(name), text,
                     flags=re.M)
    if len(parts) != 3:
        raise LookupError("needs exactly two lines `// [%s]`" % name)
    return textwrap.dedent(parts[1])


def concept(text, name):
    found = re.search(r"^template <[^\n]*>\nconcept %s =.*?;\n(?=\n)" % name,
                      text, re.S | re.M)
    if not found:
        raise LookupError("has no concept " + name)
    return found.group(0)


def expected(root, kind, what):
    file, _, name = what.strip().partition(" ")
    text = (root / file).read_text(encoding="utf-8")
    if kind == "snippet":
        return region(text, name)
    if kind == "concept":
        return concept(text, name)
    return text


def main(arguments):
    fix = "--fix" in arguments
    rest = [a for a in arguments if a != "--fix"]
    here = pathlib.Path(__file__).resolve().parents[2]
    root = pathlib.Path(rest[0]).resolve() if rest else here
    pages = [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
    blocks, wrong = 0, []
    for page in pages:
        name = page.relative_to(root)
        text = page.read_text(encoding="utf-8")

        def check(match):
            nonlocal blocks
            kind, what, lang = match["kind"], match["what"], match["lang"]
            if kind is None:
                if lang in ("cpp", "c++"):
                    wrong.append("%s: a C++ block that comes from no file:\n%s"
                                 % (name, match["body"][:120]))
                return match.group(0)
            blocks += 1
            try:
                want = expected(root, kind, what)
            except (OSError, LookupError) as problem:
                wrong.append("%s: %s: %s" % (name, what, problem))
                return match.group(0)
            if match["body"] != want and not fix:
                wrong.append("%s differs from %s" % (name, what))
            return "<!-- %s: %s -->\n```%s\n%s```" % (kind, what, lang, want)

        fresh = BLOCK.sub(check, text)
        if fix and fresh != text:
            page.write_text(fresh, encoding="utf-8")
    print("%d snippets, %d wrong" % (blocks, len(wrong)))
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
