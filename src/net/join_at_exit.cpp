#include "net/join_at_exit.hpp"

#include <mutex>
#include <utility>

namespace quarry::detail {
namespace {

class Leaving {
 public:
  Leaving() = default;
  Leaving(const Leaving&) = delete;
  Leaving& operator=(const Leaving&) = delete;
  ~Leaving() { join(); }

  void add(std::thread thread) {
    const std::lock_guard lock(mutex_);
    join();  // has nothing left to do but to end
    last_ = std::move(thread);
  }

 private:
  void join() {
    if (!last_.joinable()) return;
    if (last_.get_id() == std::this_thread::get_id()) {
      last_.detach();  // it ends the program
    } else {
      last_.join();
    }
  }

  std::mutex mutex_;
  std::thread last_;
};

Leaving& leaving() {
  static Leaving threads;
  return threads;
}

}  // namespace

void join_at_exit(std::thread thread) {
  leaving().add(std::move(thread));
}

void prepare_join_at_exit() {
  leaving();
}

}  // namespace quarry::detail
