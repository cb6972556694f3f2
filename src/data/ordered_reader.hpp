#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "quarry/data/any_source.hpp"

namespace quarry::detail {

struct OrderedReaderOptions {
  /// Threads, for a source that blocks; open requests, for an asynchronous one.
  /// ≥ 1.
  std::size_t reads = 1;
  /// Bytes that wait to be taken. What is being read when the limit is reached
  /// may exceed it.
  std::size_t max_bytes = std::size_t{256} << 20;
};

/// All samples of a source in its order, read ahead of whoever takes them: by
/// threads, or by the source's own reactor.
class OrderedReader {
 public:
  OrderedReader(const AnySource& source, const OrderedReaderOptions& options);
  OrderedReader(const OrderedReader&) = delete;
  OrderedReader& operator=(const OrderedReader&) = delete;
  /// Waits for the reads that are under way.
  ~OrderedReader();

  /// The next sample's bytes; nothing when `stop` comes first. What the source
  /// throws is thrown here. Expects that a sample is left. One thread.
  std::optional<Result<Bytes>> next(const std::stop_token& stop);

 private:
  class State;
  void work();
  void ask_for_more();

  AnySource source_;
  bool async_;
  std::shared_ptr<State> state_;
  std::vector<std::jthread> threads_;
};

}  // namespace quarry::detail
