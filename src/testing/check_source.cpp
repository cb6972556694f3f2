#include "quarry/testing/check_source.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "testing/violations.hpp"

namespace quarry::testing {
namespace {

/// What a read gave, without holding its bytes.
struct ReadOutcome {
  enum class Kind { none, bytes, failure, threw };
  Kind kind = Kind::none;
  std::size_t size = 0;
  std::size_t hash = 0;
  std::string what = {};

  bool same_as(const ReadOutcome& other) const {
    return kind == other.kind && size == other.size && hash == other.hash;
  }
  std::string text() const {
    if (kind == Kind::bytes) return std::to_string(size) + " bytes";
    return (kind == Kind::failure ? "the failure " : "threw: ") + what;
  }
};

ReadOutcome outcome_of(const Result<Bytes>& result) {
  if (!result.ok()) {
    return {.kind = ReadOutcome::Kind::failure,
            .what = std::string(result.error().id.text())};
  }
  return {.kind = ReadOutcome::Kind::bytes,
          .size = result->size(),
          .hash = std::hash<std::string_view>{}(result->text())};
}

ReadOutcome outcome_of_exception(std::exception_ptr thrown) {
  ReadOutcome outcome{.kind = ReadOutcome::Kind::threw, .what = "something"};
  try {
    std::rethrow_exception(std::move(thrown));
  } catch (const std::exception& error) {
    outcome.what = error.what();
  } catch (...) {  // not derived from std::exception: there is no more to say
  }
  return outcome;
}

/// Reads in progress. Threads share it, so that one that never returns may be
/// left behind.
struct Reads {
  Reads(AnySource from, std::vector<std::size_t> which, std::size_t threads)
      : source(std::move(from)),
        indices(std::move(which)),
        outcomes(threads * indices.size()),
        calls(outcomes.size()) {}

  const AnySource source;
  const std::vector<std::size_t> indices;
  std::mutex mutex;  ///< guards all below
  std::condition_variable progressed;
  std::vector<ReadOutcome> outcomes;  ///< threads × indices
  std::vector<int> calls;             ///< how often each was delivered
  std::size_t delivered = 0;
  std::size_t ended = 0;  ///< threads that have returned

  void deliver(std::size_t slot, ReadOutcome outcome) {
    const std::lock_guard lock(mutex);
    outcomes[slot] = std::move(outcome);
    if (++calls[slot] == 1) ++delivered;
    progressed.notify_all();
  }
  void read(std::size_t i, std::size_t slot) {
    try {
      deliver(slot, outcome_of(source.read(i)));
    } catch (...) {
      deliver(slot, outcome_of_exception(std::current_exception()));
    }
  }
  static void read_async(const std::shared_ptr<Reads>& self, std::size_t i,
                         std::size_t slot) {
    try {
      self->source.read_async(i, [self, slot](Result<Bytes> result) {
        self->deliver(slot, outcome_of(result));
      });
    } catch (...) {
      self->deliver(slot, outcome_of_exception(std::current_exception()));
    }
  }
};

/// Starts `threads` threads that read every index, and waits until all is
/// delivered or nothing has been for as long as `patience`.
std::shared_ptr<Reads> read_all(const AnySource& source,
                                const std::vector<std::size_t>& indices,
                                std::size_t threads, bool async,
                                std::chrono::milliseconds patience) {
  auto reads = std::make_shared<Reads>(source, indices, threads);
  const std::size_t count = indices.size();
  for (std::size_t thread = 0; thread < threads; ++thread) {
    std::thread([reads, thread, count, async] {
      for (std::size_t k = 0; k < count; ++k) {
        const std::size_t slot = thread * count + k;
        if (async) {
          Reads::read_async(reads, reads->indices[k], slot);
        } else {
          reads->read(reads->indices[k], slot);
        }
      }
      const std::lock_guard lock(reads->mutex);
      ++reads->ended;
      reads->progressed.notify_all();
    }).detach();
  }
  std::unique_lock lock(reads->mutex);
  for (;;) {
    const std::size_t delivered = reads->delivered;
    const auto done = [&] {
      return reads->ended == threads && reads->delivered == threads * count;
    };
    if (done()) break;
    const bool moved = reads->progressed.wait_for(lock, patience, [&] {
      return done() || reads->delivered != delivered;
    });
    if (!moved) break;
  }
  return reads;
}

void check_samples(const AnySource& source, Violations& violations) {
  std::unordered_map<std::string, std::size_t> rows;
  const std::size_t size = source.size();
  for (std::size_t i = 0; i < size; ++i) {
    const std::string row = std::to_string(i);
    try {
      Sample sample = source.sample(i);
      if (!(sample == source.sample(i))) {
        violations.add("sample(i) == sample(i)", "i = " + row);
      }
      if (sample.id.empty()) violations.add("ids are not empty", "i = " + row);
      const auto [first, fresh] = rows.try_emplace(std::move(sample.id), i);
      if (!fresh) {
        violations.add("ids are unique",
                       "samples " + std::to_string(first->second) + " and " +
                           row + " are both \"" + first->first + '"');
      }
    } catch (...) {
      violations.add("sample(i) never throws",
                     "i = " + row + ' ' +
                         outcome_of_exception(std::current_exception()).text());
    }
  }
  if (const std::size_t after = source.size(); after != size) {
    violations.add("size() is constant",
                   std::to_string(size) + ", then " + std::to_string(after));
  }
}

/// Compares what was read with `expected`, one outcome an index; false when
/// something has never come.
bool check_reads(Reads& reads, const std::string& what,
                 const std::vector<ReadOutcome>& expected,
                 Violations& violations) {
  const std::lock_guard lock(reads.mutex);
  const std::size_t count = reads.indices.size();
  for (std::size_t slot = 0; slot < reads.outcomes.size(); ++slot) {
    const ReadOutcome& outcome = reads.outcomes[slot];
    const std::string row =
        "i = " + std::to_string(reads.indices[slot % count]);
    if (reads.calls[slot] == 0) {
      violations.add(what + " returns", row + " has not within the time given");
      return false;
    }
    if (reads.calls[slot] > 1) {
      violations.add(what + " calls done exactly once",
                     row + ' ' + std::to_string(reads.calls[slot]) + " times");
    }
    if (outcome.kind == ReadOutcome::Kind::threw) {
      violations.add(what + " never throws", row + ' ' + outcome.text());
    }
    if (!expected.empty() && !outcome.same_as(expected[slot % count])) {
      violations.add(what + " gives what the first read gave",
                     row + ' ' + expected[slot % count].text() + ", then " +
                         outcome.text());
    }
  }
  return true;
}

/// Samples of one version must have given the same.
void check_versions(const AnySource& source,
                    const std::vector<std::size_t>& indices,
                    const std::vector<ReadOutcome>& outcomes,
                    Violations& violations) {
  std::unordered_map<std::string, std::size_t> first;
  for (std::size_t k = 0; k < indices.size(); ++k) {
    const std::string row = std::to_string(indices[k]);
    try {
      const std::optional<std::string> version = source.version(indices[k]);
      if (!version) continue;
      const auto [at, fresh] = first.try_emplace(*version, k);
      if (fresh || outcomes[k].same_as(outcomes[at->second])) continue;
      violations.add("samples of one version have equal bytes",
                     std::to_string(indices[at->second]) + ' ' +
                         outcomes[at->second].text() + ", " + row + ' ' +
                         outcomes[k].text());
    } catch (...) {
      violations.add("version(i) never throws",
                     "i = " + row + ' ' +
                         outcome_of_exception(std::current_exception()).text());
    }
  }
}

}  // namespace

LawReport check_source(const AnySource& source,
                       const CheckSourceOptions& options) {
  QUARRY_EXPECTS(options.samples > 0, "check_source: samples is 0");
  Violations violations;
  check_samples(source, violations);

  const std::size_t size = source.size();
  const std::size_t count = std::min(size, options.samples);
  std::vector<std::size_t> indices(count);
  for (std::size_t k = 0; k < count; ++k) indices[k] = k * size / count;

  const auto first = read_all(source, indices, 1, false, options.patience);
  if (!check_reads(*first, "read(i)", {}, violations)) {
    return violations.report();
  }
  const std::vector<ReadOutcome>& expected = first->outcomes;
  check_versions(source, indices, expected, violations);
  for (const std::size_t threads : {std::size_t{1}, std::size_t{3}}) {
    const auto reads =
        read_all(source, indices, threads, false, options.patience);
    const std::string what =
        threads == 1 ? "read(i) again" : "read(i) on many threads";
    if (!check_reads(*reads, what, expected, violations)) {
      return violations.report();
    }
  }
  if (source.is_async()) {
    const auto reads = read_all(source, indices, 1, true, options.patience);
    // A second call of done may come late.
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    check_reads(*reads, "read_async(i, done)", expected, violations);
  }
  return violations.report();
}

}  // namespace quarry::testing
