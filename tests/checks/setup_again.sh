#!/bin/bash
# Where all is installed the set-up takes seconds, says nothing but where
# libtorch is, and calls neither apt nor pip.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
bash src/setup/setup.sh --with-test-tools >/dev/null

traps=$(mktemp -d)
trap 'rm -rf "$traps"' EXIT
# What would install: each says so, and fails.
for name in apt-get sudo pip python3; do
  printf '#!/bin/bash\necho "%s was called" >&2\nexit 9\n' "$name" \
    >"$traps/$name"
done
chmod +x "$traps"/*

begin=$SECONDS
place=$(PATH=$traps:$PATH bash src/setup/setup.sh --with-test-tools \
  2>"$traps/said") || { cat "$traps/said"; exit 1; }
took=$((SECONDS - begin))
if [ -s "$traps/said" ]; then
  echo "the second run had something to do:"
  cat "$traps/said"
  exit 1
fi
[ -d "$place/lib" ] || { echo "no libtorch at $place"; exit 1; }
[ $took -lt 30 ] || { echo "the second run took $took s"; exit 1; }
echo "installed before: $took s"
