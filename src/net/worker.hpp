#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "core/thread_name.hpp"

namespace quarry::detail {

/// Handles what it is given on a thread of its own, in order: all that has come
/// at once, but for at most so much.
template <class Item>
class Worker {
 public:
  using Handle = std::function<void(std::vector<Item>)>;

  /// `name`: of the thread, in at most 15 characters, for as long as the
  /// program runs. `handle` must not throw.
  Worker(const char* name, std::size_t most, Handle handle)
      : state_(std::make_shared<State>()),
        thread_([name, state = state_, most, handle = std::move(handle)] {
          name_this_thread(name);
          state->run(most, handle);
        }) {}
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() { finish(); }

  /// False, and `item` is left alone, when it has finished.
  bool post(Item&& item) {
    // The item may own this worker, and be gone before it is told of it.
    const std::shared_ptr<State> state = state_;
    {
      const std::lock_guard lock(state->mutex);
      if (state->ending) return false;
      state->waiting.push_back(std::move(item));
    }
    state->changed.notify_one();
    return true;
  }

  /// Takes nothing more; waits until all there is has been handled, unless it
  /// is called from `handle`.
  void finish() {
    {
      const std::lock_guard lock(state_->mutex);
      state_->ending = true;
    }
    state_->changed.notify_one();
    const std::lock_guard lock(joining_);
    if (!thread_.joinable()) return;
    if (thread_.get_id() == std::this_thread::get_id()) {
      thread_.detach();  // what it needs is its own
    } else {
      thread_.join();
    }
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<Item> waiting;
    bool ending = false;

    void run(std::size_t most, const Handle& handle) {
      std::vector<Item> taken;
      for (;;) {
        {
          std::unique_lock lock(mutex);
          changed.wait(lock, [&] { return ending || !waiting.empty(); });
          if (waiting.empty()) return;
          taken.swap(waiting);
        }
        for (std::size_t i = 0; i < taken.size(); i += most) {
          const auto begin = taken.begin() + static_cast<std::ptrdiff_t>(i);
          const auto end = begin + static_cast<std::ptrdiff_t>(
                                       std::min(most, taken.size() - i));
          handle(
              {std::make_move_iterator(begin), std::make_move_iterator(end)});
        }
        taken.clear();
      }
    }
  };

  std::shared_ptr<State> state_;
  std::mutex joining_;
  std::thread thread_;
};

}  // namespace quarry::detail
