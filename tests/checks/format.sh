#!/bin/bash
# The whole tree is as clang-format 14 writes it. format.sh --fix rewrites it.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
formatter=clang-format-14
command -v $formatter >/dev/null || formatter=clang-format
how=(--dry-run --Werror)
[ "${1:-}" != --fix ] || how=(-i)
git ls-files -z --cached --others --exclude-standard '*.hpp' '*.cpp' |
  xargs -0 -r $formatter "${how[@]}"

# clang-format leaves comments alone, for they hold equations and tables.
git ls-files -z --cached --others --exclude-standard '*.hpp' '*.cpp' |
  LC_ALL=C.UTF-8 xargs -0 -r grep -nHE '^.{81,}$' | grep -vE 'https?://|// expect: ' && {
  echo "lines of more than 80 columns"
  exit 1
}
exit 0
