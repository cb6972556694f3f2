#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace quarry::test {

/// A device with a clock of its own and a limited memory. What is put on a
/// stream runs in order; it takes one of the engines, which do one thing at a
/// time, for so many seconds, and touches memory when it ends. The clock goes
/// on when every host, a thread that uses the device, waits for it: what comes
/// out does not depend on how fast the threads are.
class FakeDevice {
 public:
  enum class Engine : std::size_t { to_device, compute, to_host };
  using Effect = std::function<void()>;
  using Memory = std::shared_ptr<std::vector<std::byte>>;
  /// That a stream has come so far.
  struct Event {
    std::size_t stream = 0;
    std::size_t position = 0;
  };
  /// What an engine did.
  struct Operation {
    Engine engine;
    std::size_t stream = 0;
    double begin = 0.0;
    double end = 0.0;
  };

  explicit FakeDevice(
      std::size_t bytes = std::numeric_limits<std::size_t>::max())
      : free_(bytes) {}
  FakeDevice(const FakeDevice&) = delete;
  FakeDevice& operator=(const FakeDevice&) = delete;

  /// While it lives, the clock waits for this thread.
  class Host {
   public:
    explicit Host(FakeDevice& device) : device_(device) {
      const std::lock_guard lock(device_.mutex_);
      ++device_.hosts_[std::this_thread::get_id()];
    }
    ~Host() {
      const std::lock_guard lock(device_.mutex_);
      const auto me = device_.hosts_.find(std::this_thread::get_id());
      if (--me->second == 0) device_.hosts_.erase(me);
      device_.changed_.notify_all();
    }
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;

   private:
    FakeDevice& device_;
  };

  /// Raises `std::bad_alloc` beyond the device's memory.
  Memory allocate(std::size_t bytes) {
    {
      const std::lock_guard lock(mutex_);
      if (bytes > free_) throw std::bad_alloc();
      free_ -= bytes;
    }
    return {new std::vector<std::byte>(bytes),
            [this, bytes](std::vector<std::byte>* gone) {
              delete gone;
              const std::lock_guard lock(mutex_);
              free_ += bytes;
            }};
  }

  std::size_t new_stream() { return new_streams(1); }
  /// The first of so many, numbered one after the other.
  std::size_t new_streams(std::size_t count) {
    const std::lock_guard lock(mutex_);
    const std::size_t first = streams_.size();
    for (std::size_t i = 0; i < count; ++i) streams_.emplace_back();
    return first;
  }
  void put(std::size_t stream, Engine engine, double seconds, Effect effect) {
    const std::lock_guard lock(mutex_);
    streams_[stream].items.push_back(
        {.engine = engine,
         .issued = now_[std::this_thread::get_id()],
         .seconds = seconds,
         .effect = std::move(effect)});
  }
  /// What is on the stream now.
  Event record(std::size_t stream) {
    const std::lock_guard lock(mutex_);
    return {stream, streams_[stream].items.size()};
  }
  /// The stream goes on after the event.
  void block(std::size_t stream, const Event& event) {
    const std::lock_guard lock(mutex_);
    streams_[stream].items.push_back({.blocks = true, .event = event});
    pass_blocks();
  }
  /// The calling host goes on after the event. Raises `std::logic_error` when
  /// the device will never get there.
  void wait(const Event& event) {
    std::unique_lock lock(mutex_);
    const auto me = awaited_.insert(awaited_.end(), event);
    bool stuck = false;
    while (!done(event) && !stuck) {
      const auto waiting =
          std::count_if(awaited_.begin(), awaited_.end(),
                        [this](const Event& each) { return !done(each); });
      if (static_cast<std::size_t>(waiting) < hosts_.size()) {
        changed_.wait(lock);
      } else {
        stuck = !step();
        changed_.notify_all();
      }
    }
    awaited_.erase(me);
    if (stuck) throw std::logic_error("the device stands still");
    double& now = now_[std::this_thread::get_id()];
    now = std::max(now, time_of(event));
  }

  /// Whether nothing is under way.
  bool idle() const {
    const std::lock_guard lock(mutex_);
    return std::all_of(streams_.begin(), streams_.end(), [](const Stream& s) {
      return s.ends.size() == s.items.size();
    });
  }
  std::vector<Operation> trace() const {
    const std::lock_guard lock(mutex_);
    return trace_;
  }

 private:
  struct Item {
    Engine engine = Engine::compute;
    double issued = 0.0;
    double seconds = 0.0;
    Effect effect = {};
    bool blocks = false;
    Event event = {};
  };
  struct Stream {
    std::vector<Item> items;
    std::vector<double> ends;  // of those that are done
    double ready() const { return ends.empty() ? 0.0 : ends.back(); }
  };

  bool done(const Event& event) const {
    return streams_[event.stream].ends.size() >= event.position;
  }
  double time_of(const Event& event) const {
    return event.position == 0
               ? 0.0
               : streams_[event.stream].ends[event.position - 1];
  }

  /// Passes what streams wait for and has happened.
  void pass_blocks() {
    for (bool again = true; again;) {
      again = false;
      for (Stream& stream : streams_) {
        if (stream.ends.size() == stream.items.size()) continue;
        const Item& next = stream.items[stream.ends.size()];
        if (!next.blocks || !done(next.event)) continue;
        stream.ends.push_back(std::max(stream.ready(), time_of(next.event)));
        again = true;
      }
    }
  }

  /// Runs what can begin first; whether there was anything.
  bool step() {
    Stream* first = nullptr;
    double begin = std::numeric_limits<double>::infinity();
    for (Stream& stream : streams_) {
      if (stream.ends.size() == stream.items.size()) continue;
      const Item& next = stream.items[stream.ends.size()];
      if (next.blocks) continue;
      const double can =
          std::max({next.issued, stream.ready(),
                    busy_[static_cast<std::size_t>(next.engine)]});
      if (can >= begin) continue;
      begin = can;
      first = &stream;
    }
    if (first == nullptr) return false;
    Item& item = first->items[first->ends.size()];
    const double end = begin + item.seconds;
    busy_[static_cast<std::size_t>(item.engine)] = end;
    item.effect();
    item.effect = nullptr;
    first->ends.push_back(end);
    trace_.push_back({item.engine,
                      static_cast<std::size_t>(first - streams_.data()), begin,
                      end});
    pass_blocks();
    return true;
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t free_;
  std::map<std::thread::id, std::size_t> hosts_;
  std::map<std::thread::id, double> now_;  // of hosts
  std::list<Event> awaited_;
  std::vector<Stream> streams_;
  double busy_[3] = {};  // until when, by engine
  std::vector<Operation> trace_;
};

}  // namespace quarry::test
