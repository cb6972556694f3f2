#include "training.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include <fmt/format.h>

#include "quarry/core/error.hpp"
#include "quarry/core/random.hpp"

namespace quarry::cli {
namespace {

std::optional<std::int64_t> number_in(const std::string& text) {
  std::int64_t value = 0;
  const auto end =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || end.ec != std::errc() ||
      end.ptr != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

/// "2" before "10" before "cat".
struct ByNumberThenName {
  bool operator()(const std::string& a, const std::string& b) const {
    const auto x = number_in(a);
    const auto y = number_in(b);
    if (x && y && *x != *y) return *x < *y;
    if (x.has_value() != y.has_value()) return x.has_value();
    return a < b;
  }
};

/// Work on `count` items by several threads; `item(i)` must not throw.
template <class Item>
void parallel(std::size_t count, std::size_t threads, std::stop_token stop,
              Item&& item) {
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < count && !stop.stop_requested();
         i = next++)
      item(i);
  };
  std::vector<std::jthread> helpers;
  for (std::size_t t = 1; t < std::min(threads, count); ++t)
    helpers.emplace_back(work);
  work();
}

Result<void> read_and_decode(const AnySource& source, const AnyDecoder& decoder,
                             std::size_t index, std::span<std::byte> row) {
  const Result<Bytes> bytes = source.read(index);
  if (!bytes) return bytes.error();
  return decoder.decode(*bytes, row);
}

void judge(const std::vector<BadSample>& failures, std::size_t wanted,
           const ErrorPolicy& policy) {
  if (failures.empty()) return;
  const BadSample& first = failures.front();
  if (first.failure.blame == Blame::run) raise(first.failure);
  if (policy.on_error == OnError::stop) {
    raise("pipeline.bad_sample",
          fmt::format("{}: {} ({})", first.id, first.failure.message,
                      first.failure.id.text()));
  }
  const double allowed = policy.max_bad * static_cast<double>(wanted) + 1e-9;
  if (static_cast<double>(failures.size()) > allowed) {
    raise("pipeline.too_many_bad",
          fmt::format("{} of {} labelled samples are bad; the first is {}: {}",
                      failures.size(), wanted, first.id, first.failure.message),
          "repair them, leave them out, or allow more with --max-bad");
  }
}

}  // namespace

LabelledRows labelled_rows(const AnySource& source, const LabelledSet& set) {
  std::vector<std::pair<std::size_t, std::string>> known;
  for (std::size_t i = 0; i < source.size(); ++i) {
    const Sample sample = source.sample(i);
    if (!set.empty() && !set.contains(sample.id)) continue;
    std::optional<std::string> label = set.label(sample.id);
    if (!label) label = sample.truth;
    if (label) known.emplace_back(i, std::move(*label));
  }
  if (known.empty()) {
    raise("train.no_labels", "no sample of the pool has a known label",
          "take the directories' names (--labels-from dirs), a manifest with "
          "truth, or --labelled with labels");
  }
  std::map<std::string, std::int64_t, ByNumberThenName> number;
  for (const auto& entry : known) number.emplace(entry.second, 0);
  LabelledRows labelled;
  for (auto& [name, index] : number) {
    index = static_cast<std::int64_t>(labelled.classes.size());
    labelled.classes.push_back(name);
  }
  if (labelled.classes.size() < 2) {
    raise("train.one_class",
          fmt::format("every label is \"{}\": there is nothing to tell apart",
                      labelled.classes.front()));
  }
  for (const auto& [row, label] : known) {
    labelled.rows.push_back(row);
    labelled.labels.push_back(number.at(label));
  }
  return labelled;
}

Decoded decode_rows(const AnySource& source, const AnyDecoder& decoder,
                    std::span<const std::size_t> rows,
                    std::span<const std::int64_t> labels,
                    const DecodeOptions& options) {
  Decoded out;
  out.spec = decoder.spec();
  const std::size_t size = out.spec.bytes();
  out.bytes.resize(rows.size() * size);
  std::vector<char> good(rows.size(), 0);
  std::mutex mutex;
  parallel(rows.size(), options.threads, options.stop, [&](std::size_t i) {
    const Result<void> result = read_and_decode(
        source, decoder, rows[i], std::span(out.bytes).subspan(i * size, size));
    good[i] = result.ok() ? 1 : 0;
    if (result.ok()) return;
    const std::lock_guard lock(mutex);
    out.failures.push_back(
        {rows[i], source.sample(rows[i]).id, result.error()});
  });
  std::sort(
      out.failures.begin(), out.failures.end(),
      [](const BadSample& a, const BadSample& b) { return a.index < b.index; });
  judge(out.failures, rows.size(), options.errors);

  // The good rows move together.
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (good[i] == 0) continue;
    const std::size_t k = out.rows.size();
    if (k != i) {
      std::copy_n(out.bytes.begin() + static_cast<std::ptrdiff_t>(i * size),
                  size,
                  out.bytes.begin() + static_cast<std::ptrdiff_t>(k * size));
    }
    out.rows.push_back(rows[i]);
    out.labels.push_back(labels[i]);
  }
  out.bytes.resize(out.rows.size() * size);
  return out;
}

std::pair<LabelledRows, LabelledRows> split(const LabelledRows& all,
                                            const AnySource& source,
                                            double fraction,
                                            std::uint64_t seed) {
  // 2^53 steps: the largest count of which a double knows every one.
  constexpr double steps = 9007199254740992.0;
  const auto limit = static_cast<std::uint64_t>(fraction * steps);
  std::pair<LabelledRows, LabelledRows> parts;
  parts.first.classes = parts.second.classes = all.classes;
  for (std::size_t i = 0; i < all.rows.size(); ++i) {
    const std::string id = source.sample(all.rows[i]).id;
    const std::uint64_t hash = seeded_hash(seed, "validation/" + id) >> 11;
    LabelledRows& part = hash < limit ? parts.second : parts.first;
    part.rows.push_back(all.rows[i]);
    part.labels.push_back(all.labels[i]);
  }
  return parts;
}

}  // namespace quarry::cli
