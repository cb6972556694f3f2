#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <utility>

namespace quarry::detail {

/// Two queues of a device that batches take one after the other. What is put on
/// a queue runs in its order, some time later; the queues run beside each other
/// and beside those of other lanes, so that one batch is copied while another
/// is computed.
class DeviceLane {
 public:
  /// Begins work on the device, and returns at once.
  using Begin = std::function<void()>;

  DeviceLane() = default;
  DeviceLane(const DeviceLane&) = delete;
  DeviceLane& operator=(const DeviceLane&) = delete;
  virtual ~DeviceLane() = default;

  /// Takes a batch to the device, through it and back: `compute` runs when
  /// `copy_in` has, `copy_out` when `compute` has, all of them after what the
  /// calling thread has begun there before. When this returns, or throws what
  /// one of them threw, nothing of the batch is under way: memory that it uses
  /// may go. One batch at a time.
  void run(const Begin& copy_in, const Begin& compute, const Begin& copy_out);

 protected:
  enum class Queue : std::uint8_t { copies, kernels };

 private:
  /// Both queues go on when what the calling thread has begun on the device is
  /// done.
  virtual void follow_caller() = 0;
  /// What `begin` begins goes to the end of the queue.
  virtual void put(Queue queue, const Begin& begin) = 0;
  /// The kernels' queue goes on when what is on the copies' is done.
  virtual void follow_copies() = 0;
  /// The calling thread goes on when what is on the kernels' queue is done.
  /// Raises what went wrong there.
  virtual void wait() = 0;
};

/// Lanes for as many batches as there are at once. From any thread.
template <class Lane>
class LanePool {
  using Lanes = std::list<std::unique_ptr<Lane>>;

 public:
  using Make = std::function<std::unique_ptr<Lane>()>;

  explicit LanePool(Make make) : make_(std::move(make)) {}

  /// A lane that is taken for as long as this lives.
  class Taken {
   public:
    explicit Taken(LanePool& pool) : pool_(pool), mine_(pool.take()) {}
    ~Taken() { pool_.give_back(mine_); }
    Taken(const Taken&) = delete;
    Taken& operator=(const Taken&) = delete;

    Lane* operator->() const noexcept { return mine_.front().get(); }

   private:
    LanePool& pool_;
    Lanes mine_;  // one
  };

 private:
  Lanes take() {
    Lanes taken;
    {
      const std::lock_guard lock(mutex_);
      // The last that was used: its memory is the most likely to fit.
      if (!free_.empty()) taken.splice(taken.end(), free_, free_.begin());
    }
    if (taken.empty()) taken.push_back(make_());
    return taken;
  }
  void give_back(Lanes& lanes) noexcept {
    const std::lock_guard lock(mutex_);
    free_.splice(free_.begin(), lanes);
  }

  Make make_;
  std::mutex mutex_;
  Lanes free_;
};

}  // namespace quarry::detail
