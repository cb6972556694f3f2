#include "model/trial.hpp"

#include <barrier>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "quarry/core/error.hpp"

#include "core/stopwatch.hpp"

namespace quarry::detail {
namespace {

/// Several threads that infer the same batch again and again.
class Trial {
 public:
  Trial(AnyModel& model, const TrialOptions& options)
      : options_(options),
        spec_(model.input()),
        bytes_(options.batch * spec_.bytes()),
        pixels_(model.make_slab(bytes_)) {
    std::memset(pixels_.get(), 0, bytes_);
    for (std::size_t i = 0; i < options.executors; ++i)
      replicas_.push_back(model.replicate());
  }

  double rate() {
    std::barrier together(static_cast<std::ptrdiff_t>(replicas_.size()));
    {
      std::vector<std::jthread> threads;
      for (AnyModel& replica : replicas_) {
        try {
          threads.emplace_back([&] { work(replica, together); });
        } catch (...) {
          // The system gives no more: the others must not wait for this one.
          note_error();
          together.arrive_and_drop();
        }
      }
    }
    if (error_) std::rethrow_exception(error_);
    return rate_;
  }

 private:
  void work(AnyModel& replica, std::barrier<>& together) {
    try {
      replica.infer(slab());  // warms up
    } catch (...) {
      note_error();
    }
    together.arrive_and_wait();
    std::size_t batches = 0;
    const Stopwatch watch;
    try {
      while (!failed() && (batches < options_.batches ||
                           watch.seconds() < options_.seconds)) {
        replica.infer(slab());
        ++batches;
      }
    } catch (...) {
      note_error();
    }
    const double rate =
        static_cast<double>(batches * options_.batch) / watch.seconds();
    const std::lock_guard lock(mutex_);
    rate_ += rate;
  }

  SlabView slab() const {
    return {{pixels_.get(), bytes_}, options_.batch, spec_};
  }

  void note_error() {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::current_exception();
  }
  bool failed() {
    const std::lock_guard lock(mutex_);
    return error_ != nullptr;
  }

  TrialOptions options_;
  SampleSpec spec_;
  std::size_t bytes_;
  std::shared_ptr<std::byte[]> pixels_;
  std::vector<AnyModel> replicas_;
  std::mutex mutex_;
  double rate_ = 0.0;
  std::exception_ptr error_;
};

}  // namespace

double rate_at_once(AnyModel& model, const TrialOptions& options) {
  return Trial(model, options).rate();
}

bool was_too_much(std::exception_ptr raised) {
  try {
    std::rethrow_exception(std::move(raised));
  } catch (const Error& error) {
    return error.id() == "model.memory";
  } catch (const std::bad_alloc&) {
    return true;
  } catch (const std::system_error&) {
    return true;
  } catch (...) {
    return false;
  }
}

}  // namespace quarry::detail
