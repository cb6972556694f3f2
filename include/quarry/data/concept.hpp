#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "quarry/core/bytes.hpp"
#include "quarry/core/result.hpp"
#include "quarry/core/sample.hpp"

namespace quarry {

/// A `DataSource` is an ordered, finite pool of samples: where they are and how
/// to get their bytes.
///
/// Expressions, for `const S& s` and `std::size_t i < s.size()`:
///
///     s.size()     the number of samples; constant for the life of `s`
///     s.sample(i)  → Sample: id, uri and, where known, truth; no I/O
///     s.read(i)    → Result<Bytes>: the encoded sample; may block
///
/// What is wrong with one sample is a `Failure` from `read`; what is wrong with
/// the whole source (a missing directory, a duplicate id) raises `Error` when
/// the source is made. A failure whose `blame` is `Blame::run` stops the run.
///
/// Optional hook, with which what is kept of a sample can be used unread:
///
///     s.version(i)  → std::optional<std::string>: a text that says, without
///                     reading, which bytes sample i has (file, size, times);
///                     nothing when that cannot be told
///
/// Order is part of the identity: the same source has the same order on every
/// machine. Laws, checked by `testing::check_source`:
///
///     sample(i) == sample(i),  sample(i).id ≠ sample(j).id for i ≠ j
///     read(i) and read(i) hold equal bytes, or are both failures
///     read never throws and never blocks for ever
///     version(i) == version(j), at any two times and in any two sources of a
///     machine: then read(i) and read(j) hold equal bytes. version never throws
///
/// Cost: `sample` O(1); `read` one fetch. Threads: all members are called from
/// many threads at once. Sources are cheap handles: a copy shares the state.
///
/// The shortest complete model is in examples/extend/my_source.cpp. Shipped:
/// `MemorySource` (the template to copy), `DirectorySource`, `ManifestSource`,
/// `HttpSource`, `S3Source`, `FtpSource`, `TarSource`, `TfRecordSource`,
/// `Cifar10Source`; decorators `Subset`, `Shuffled`, `Mapped`; `AnySource`.
template <class S>
concept DataSource = std::copy_constructible<S> &&
    requires(const S& s, std::size_t i) {
  { s.size() } -> std::convertible_to<std::size_t>;
  { s.sample(i) } -> std::convertible_to<Sample>;
  { s.read(i) } -> std::same_as<Result<Bytes>>;
};

/// Called once with what `read` would have returned, from any thread.
using ReadDone = std::function<void(Result<Bytes>)>;

/// A `DataSource` driven by a reactor of its own:
///
///     s.read_async(i, done)   returns at once; calls `done` exactly once,
///                             later or before it returns, from any thread
///
/// `read(i)` remains and gives the same bytes. A type that only knows at run
/// time whether it has a reactor says so:
///
///     s.is_async()  → bool; without one, an `AsyncSource` is asynchronous
template <class S>
concept AsyncSource = DataSource<S> &&
    requires(const S& s, std::size_t i, ReadDone done) {
  { s.read_async(i, std::move(done)) } -> std::same_as<void>;
};

/// Whether reads of `source` should go through `read_async`.
template <DataSource S>
bool reads_async(const S& source) {
  if constexpr (requires {
                  { source.is_async() } -> std::same_as<bool>;
                }) {
    return source.is_async();
  }
  return AsyncSource<S>;
}

/// `source.version(i)`; nothing without such a hook.
template <DataSource S>
std::optional<std::string> version_of(const S& source, std::size_t i) {
  if constexpr (requires { source.version(i); }) return source.version(i);
  return std::nullopt;
}

}  // namespace quarry
