#!/bin/bash
# Installs what Quarry needs to build: packages of the distribution, and
# libtorch from PyPI's wheels into a cache directory. Does nothing when all is
# there. Everything is said on stderr; stdout gets one line, the root of the
# libtorch tree (nothing with --no-torch).
#
#   src/setup/setup.sh [--no-torch] [--torch cpu|cuda] [--with-numpy]
#                      [--with-test-tools]
#
# --with-numpy adds numpy for the tests of the command line; --with-test-tools
# adds that, Pillow as an oracle of the decoder, readers of TFRecord and
# WebDataset, servers of HTTP, FTP, FTPS and S3, and clang with its tools, for the
# checks of .ci/run.
#
# QUARRY_CACHE        where libtorch goes (default: ~/.cache/quarry)
# QUARRY_TORCH_ROOT   an existing libtorch tree to use instead
set -euo pipefail

torch_version=2.15.0
# What torch's own metadata asks for: cuda-toolkit 13.2.2, of which the CPU
# half of libtorch needs only these two.
cuda_runtime=13.2.86
cuda_cupti=13.2.86
numpy_version=2.2.6
pillow_version=11.3.0
pyftpdlib_version=2.2.0
pyopenssl_version=26.4.0
boto3_version=1.44.5
tfrecord_version=1.14.6
webdataset_version=1.0.2

packages=(g++ cmake ninja-build ccache pkg-config git ca-certificates
  python3 python3-venv libtbb-dev libeigen3-dev nlohmann-json3-dev catch2
  libjpeg-dev libspng-dev zlib1g-dev libyaml-cpp-dev libcli11-dev libfmt-dev
  libcurl4-openssl-dev libssl-dev libpugixml-dev libarchive-dev
  libsqlite3-dev libjemalloc-dev libhwy-dev)
test_packages=(clang libclang-rt-dev clang-format clang-tidy nginx-light
  libnginx-mod-http-echo openssl radosgw ceph-mon ceph-osd ceph-common)

say() { printf 'setup: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

torch_kind=auto
numpy=no
test_tools=no
while [ $# -gt 0 ]; do
  case $1 in
    --no-torch) torch_kind=none ;;
    --torch) torch_kind=${2:?--torch needs cpu or cuda}; shift ;;
    --with-numpy) numpy=yes ;;
    --with-test-tools) numpy=yes test_tools=yes ;;
    *) die "unknown option $1: see the head of $0" ;;
  esac
  shift
done

home=${HOME:-$(echo ~)}
cache=${QUARRY_CACHE:-${XDG_CACHE_HOME:-$home/.cache}/quarry}

install_packages() {
  local missing=() installed name
  command -v dpkg-query >/dev/null ||
    { say "no dpkg here: install by hand: ${packages[*]}"; return 0; }
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" \
    2>/dev/null || true)
  for name in "$@"; do
    grep -qxF "installed $name" <<<"$installed" || missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  local sudo=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null ||
      die "neither root nor sudo; install these, then run again: ${missing[*]}"
    sudo=(sudo)
  fi
  say "installing with apt: ${missing[*]}"
  "${sudo[@]}" apt-get update -q >&2
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends "${missing[@]}" >&2
}

# pip_install DIR REQUIREMENT... : a fresh pip puts wheels into DIR.
pip_install() {
  local target=$1
  shift
  local pip=$cache/.pip.$$
  python3 -m venv "$pip"
  # pip unpacks in TMPDIR and moves: keep both on one file system.
  mkdir -p "$target" "$pip/tmp"
  TMPDIR=$pip/tmp "$pip/bin/python" -m pip install --no-cache-dir \
    --no-compile --disable-pip-version-check --progress-bar off \
    --target "$target" "$@" >&2
  rm -rf "$pip"
}

# The wheel's libtorch.so, a library without code that names both halves of
# libtorch, cannot load without the other one. Compiled model packages ask for
# it.
mend_libtorch() {
  local lib=$1 needed
  [ ! -e "$lib/libtorch_cuda.so" ] || return 0
  needed=$(readelf -d "$lib/libtorch.so")
  [[ $needed == *libtorch_cuda* ]] || return 0
  g++ -shared -o "$lib/libtorch.so.part.$$" -Wl,-soname,libtorch.so \
    -Wl,--no-as-needed -Wl,--allow-shlib-undefined '-Wl,-rpath,$ORIGIN' \
    "$lib/libtorch_cpu.so" "$lib/libc10.so"
  mv "$lib/libtorch.so.part.$$" "$lib/libtorch.so"
}

# Unfinished trees have a name of their own, so that one rename makes a tree
# appear whole or not at all.
install_torch() {
  local kind=$1 place=$cache/torch-$torch_version-$1
  local half=$place.part.$$
  if [ ! -e "$place/.complete" ]; then
    mkdir -p "$cache"
    rm -rf "$place"
    # shellcheck disable=SC2064
    trap "rm -rf '$half' '$cache/.pip.$$'" EXIT
    if [ "$kind" = cpu ]; then
      say "installing libtorch $torch_version for the CPU (no NVIDIA GPU" \
        "found; downloads 0.5 GB, keeps 0.6 GB) into $place"
      pip_install "$half" --no-deps "torch==$torch_version" \
        "nvidia-cuda-runtime==$cuda_runtime.*" \
        "nvidia-cuda-cupti==$cuda_cupti.*"
      # The GPU half cannot load without the other CUDA wheels.
      rm -rf "$half"/torch/lib/libtorch_cuda*.so \
        "$half"/torch/lib/libtorch_nvshmem.so "$half"/torch/bin
    else
      say "installing libtorch $torch_version with CUDA (an NVIDIA GPU is" \
        "there; about 5.4 GB) into $place"
      pip_install "$half" "torch==$torch_version"
    fi
    touch "$half/.complete"
    mv -T "$half" "$place"
    trap - EXIT
  fi
  mend_libtorch "$place/torch/lib"
  echo "$place/torch"
}

# install_wheel NAME VERSION [REQUIREMENT...]: a package and exactly what else is
# named, in a tree of its own.
install_wheel() {
  local place=$cache/$1-$2 half
  half=$place.part.$$
  [ ! -e "$place/.complete" ] || return 0
  say "installing $1 $2 for the tests into $place"
  mkdir -p "$cache"
  pip_install "$half" --no-deps "$1==$2" "${@:3}"
  touch "$half/.complete"
  rm -rf "$place"
  mv -T "$half" "$place"
}

[ $test_tools = no ] || packages+=("${test_packages[@]}")
install_packages "${packages[@]}"
[ $numpy = no ] || install_wheel numpy $numpy_version
if [ $test_tools = yes ]; then
  install_wheel pillow $pillow_version
  install_wheel pyftpdlib $pyftpdlib_version
  install_wheel pyopenssl $pyopenssl_version cryptography==50.0.2 \
    cffi==2.1.1 pycparser==3.12 typing-extensions==4.16.0
  install_wheel boto3 $boto3_version botocore==$boto3_version \
    jmespath==1.1.0 s3transfer==0.19.3 python-dateutil==2.9.0.post0 \
    six==1.17.0 urllib3==2.8.0
  install_wheel tfrecord $tfrecord_version protobuf==7.36.2 \
    crc32c==2.9.post0
  install_wheel webdataset $webdataset_version braceexpand==0.1.7 \
    pyyaml==6.0.3
fi

if [ $torch_kind = auto ]; then
  torch_kind=cpu
  ! nvidia-smi -L >/dev/null 2>&1 || torch_kind=cuda
fi
case $torch_kind in
  none) ;;
  cpu | cuda)
    if [ -n "${QUARRY_TORCH_ROOT:-}" ]; then
      say "using the libtorch in $QUARRY_TORCH_ROOT"
      echo "$QUARRY_TORCH_ROOT"
    else
      install_torch $torch_kind
    fi
    ;;
  *) die "--torch takes cpu or cuda, not $torch_kind" ;;
esac
