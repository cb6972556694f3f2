#include "data/ordered_reader.hpp"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>

#include "core/thread_name.hpp"

namespace quarry::detail {
namespace {

/// Samples that may be ahead of the one that is taken next, for each read that
/// may be under way: one slow read does not stop the others at once.
constexpr std::size_t ahead_per_read = 4;

}  // namespace

/// What has arrived. It knows nothing of the source: the last to let go of it
/// may be a reactor, which must not be the last to hold itself.
class OrderedReader::State {
 public:
  struct Slot {
    bool arrived = false;
    std::optional<Result<Bytes>> bytes = {};
    std::exception_ptr thrown = {};

    std::size_t size() const {
      return bytes && bytes->ok() ? (*bytes)->size() : 0;
    }
  };

  State(std::size_t size, const OrderedReaderOptions& options)
      : size_(size),
        options_(options),
        slots_(options.reads * ahead_per_read) {}

  /// The next sample to read; with `wait` not before there is room for it.
  /// Nothing when there is none, or no room.
  std::optional<std::size_t> issue(bool wait) {
    std::unique_lock lock(mutex_);
    if (wait) {
      room_.wait(lock, [this] { return is_over() || has_room(); });
    }
    if (is_over() || !has_room()) return std::nullopt;
    ++under_way_;
    return issued_++;
  }

  void put(std::size_t i, Slot slot) {
    const std::lock_guard lock(mutex_);
    slot.arrived = true;
    held_ += slot.size();
    slots_[i % slots_.size()] = std::move(slot);
    --under_way_;
    arrived_.notify_all();
    room_.notify_one();
  }

  /// Waits until the next sample is there, or, with `or_room`, room for
  /// another: then nothing. False when `stop` comes first.
  bool take(const std::stop_token& stop, bool or_room,
            std::optional<Slot>& slot) {
    {
      std::unique_lock lock(mutex_);
      QUARRY_EXPECTS(taken_ < size_, "OrderedReader: nothing is left");
      Slot& wanted = slots_[taken_ % slots_.size()];
      const bool woken = arrived_.wait(lock, stop, [&] {
        return wanted.arrived || (or_room && has_room());
      });
      if (!woken || stop.stop_requested()) return false;
      if (!wanted.arrived) return true;
      slot = std::exchange(wanted, Slot());
      held_ -= slot->size();
      ++taken_;
    }
    room_.notify_all();
    return true;
  }

  void close() {
    std::unique_lock lock(mutex_);
    closing_ = true;
    room_.notify_all();
    arrived_.wait(lock, [this] { return under_way_ == 0; });
  }

 private:
  bool is_over() const { return closing_ || issued_ == size_; }

  /// Whether one more may be read. The sample that is wanted next always may.
  bool has_room() const {
    if (is_over()) return false;
    if (issued_ == taken_) return true;
    return held_ < options_.max_bytes && issued_ < taken_ + slots_.size() &&
           under_way_ < options_.reads;
  }

  const std::size_t size_;
  const OrderedReaderOptions options_;

  std::mutex mutex_;
  std::condition_variable_any arrived_;
  std::condition_variable room_;
  bool closing_ = false;
  std::size_t issued_ = 0;     ///< samples that are or were read
  std::size_t taken_ = 0;      ///< of these, how many were given away
  std::size_t under_way_ = 0;  ///< of these, how many have not arrived
  std::size_t held_ = 0;       ///< bytes that have arrived and are not taken
  std::vector<Slot> slots_;    ///< of sample i: i modulo their number
};

OrderedReader::OrderedReader(const AnySource& source,
                             const OrderedReaderOptions& options)
    : source_(source), async_(source.is_async()) {
  QUARRY_EXPECTS(options.reads > 0, "OrderedReader: no reads at once");
  state_ = std::make_shared<State>(source_.size(), options);
  for (std::size_t t = 0; !async_ && t < options.reads; ++t) {
    try {
      threads_.emplace_back([this] { work(); });
    } catch (const std::system_error& error) {
      if (!threads_.empty()) break;  // fewer do as well
      raise("pack.threads",
            std::string("the system gives no thread to read with: ") +
                error.what(),
            "raise the limit (ulimit -u, ulimit -v)");
    }
  }
}

OrderedReader::~OrderedReader() {
  state_->close();
}

std::optional<Result<Bytes>> OrderedReader::next(const std::stop_token& stop) {
  std::optional<State::Slot> slot;
  while (!slot) {
    if (async_) ask_for_more();
    if (!state_->take(stop, async_, slot)) return std::nullopt;
  }
  if (slot->thrown) std::rethrow_exception(slot->thrown);
  return *std::move(slot->bytes);
}

void OrderedReader::work() {
  name_this_thread("quarry-read");
  while (const auto i = state_->issue(true)) {
    State::Slot slot;
    try {
      slot.bytes = source_.read(*i);
    } catch (...) {
      slot.thrown = std::current_exception();
    }
    state_->put(*i, std::move(slot));
  }
}

void OrderedReader::ask_for_more() {
  while (const auto i = state_->issue(false)) {
    try {
      source_.read_async(*i, [state = state_, i = *i](Result<Bytes> bytes) {
        state->put(i, {.bytes = std::move(bytes)});
      });
    } catch (...) {
      state_->put(*i, {.thrown = std::current_exception()});
    }
  }
}

}  // namespace quarry::detail
