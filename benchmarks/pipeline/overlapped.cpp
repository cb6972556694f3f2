// The same job by hand, with its stages at the same time: one thread gets
// objects over 256 connections, the others decode and infer batches as they
// come (of files they read their own). No line of Quarry: libcurl, libjpeg,
// libtorch, and nothing that this job does without; an error ends the program.
//
//   overlapped --model M.pt --list LIST.txt [--threads 2] [--batch 128]
//       [--server PIDS] and the flags of limit_bare_inference
//
// Its seconds of CPU are those of the bare stages while they share the cores.

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <latch>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <curl/curl.h>

#include "stages.hpp"

namespace {

constexpr std::size_t connections = 256;
// Objects before they are taken, as Quarry has it by default.
constexpr std::size_t objects_ahead = 256;

struct Batch {
  std::size_t first;                 ///< row of the list
  std::vector<std::string> encoded;  ///< a string a row
  std::size_t missing = encoded.size();
};
using BatchPtr = std::unique_ptr<Batch>;

/// Hands out a list in batches.
class Batches {
 public:
  Batches(const std::vector<std::string>& list, std::size_t size)
      : list_(list), size_(size) {}
  Batches(const Batches&) = delete;
  Batches& operator=(const Batches&) = delete;
  virtual ~Batches() = default;

  /// The next one; none after the last. From any thread.
  virtual BatchPtr take() = 0;

 protected:
  const std::string& place(std::size_t row) const { return list_[row]; }
  bool all_begun() const { return begun_ == list_.size(); }

  /// The next one, with nothing in it yet; none after the last.
  BatchPtr begin_one() {
    if (all_begun()) return nullptr;
    const std::size_t first = begun_;
    begun_ = std::min(first + size_, list_.size());
    return BatchPtr(new Batch{first, std::vector<std::string>(begun_ - first)});
  }

 private:
  const std::vector<std::string>& list_;
  std::size_t size_;
  std::size_t begun_ = 0;  // rows
};

/// Whoever takes a batch reads its files.
class Files : public Batches {
 public:
  using Batches::Batches;

  BatchPtr take() override {
    std::unique_lock lock(mutex_);
    BatchPtr batch = begin_one();
    lock.unlock();
    for (std::size_t i = 0; batch && i < batch->encoded.size(); ++i) {
      batch->encoded[i] = read_file(place(batch->first + i));
    }
    return batch;
  }

 private:
  std::mutex mutex_;
};

/// A thread of its own gets the objects, as many as `ahead` batches before they
/// are taken.
class Objects : public Batches {
 public:
  Objects(const std::vector<std::string>& list, std::size_t size,
          std::size_t ahead)
      : Batches(list, size), ahead_(ahead), slots_(connections) {
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS,
                      static_cast<long>(connections));
    for (Slot& slot : slots_) {
      slot.easy = curl_easy_init();
      curl_easy_setopt(slot.easy, CURLOPT_PRIVATE, &slot);
      curl_easy_setopt(slot.easy, CURLOPT_WRITEFUNCTION, &append);
      curl_easy_setopt(slot.easy, CURLOPT_FAILONERROR, 1L);
      curl_easy_setopt(slot.easy, CURLOPT_NOSIGNAL, 1L);
      idle_.push_back(&slot);
    }
    thread_ = std::thread([this] { get_all(); });
  }
  ~Objects() override {
    thread_.join();
    for (const Slot& slot : slots_) curl_easy_cleanup(slot.easy);
    curl_multi_cleanup(multi_);
  }

  BatchPtr take() override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !complete_.empty() || all_there_; });
    if (complete_.empty()) return nullptr;
    BatchPtr batch = std::move(complete_.front());
    complete_.pop_front();
    lock.unlock();
    curl_multi_wakeup(multi_);  // There is room for one more.
    return batch;
  }

 private:
  struct Slot {
    CURL* easy = nullptr;
    Batch* batch = nullptr;
  };

  static std::size_t append(char* data, std::size_t, std::size_t size,
                            void* body) {
    static_cast<std::string*>(body)->append(data, size);
    return size;
  }

  void get_all() {
    for (start_some(); !open_.empty() || !all_begun(); start_some()) {
      // Until something comes, or a batch is taken.
      curl_multi_poll(multi_, nullptr, 0, 1000, nullptr);
      int running = 0;
      curl_multi_perform(multi_, &running);
      end_some();
      hand_on();
    }
    const std::lock_guard lock(mutex_);
    all_there_ = true;
    changed_.notify_all();
  }

  /// As many as there are slots and room for.
  void start_some() {
    while (!idle_.empty()) {
      if (open_.empty() || asked_ == open_.back()->encoded.size()) {
        BatchPtr batch = has_room() ? begin_one() : nullptr;
        if (batch == nullptr) return;
        open_.push_back(std::move(batch));
        asked_ = 0;
      }
      start(*idle_.back());
      idle_.pop_back();
    }
  }

  bool has_room() {
    const std::lock_guard lock(mutex_);
    return open_.size() + complete_.size() < ahead_;
  }

  void start(Slot& slot) {
    slot.batch = open_.back().get();
    curl_easy_setopt(slot.easy, CURLOPT_URL,
                     place(slot.batch->first + asked_).c_str());
    curl_easy_setopt(slot.easy, CURLOPT_WRITEDATA,
                     &slot.batch->encoded[asked_++]);
    curl_multi_add_handle(multi_, slot.easy);
  }

  void end_some() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->data.result != CURLE_OK) {
        throw std::runtime_error(curl_easy_strerror(message->data.result));
      }
      Slot* slot = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &slot);
      curl_multi_remove_handle(multi_, slot->easy);
      --slot->batch->missing;
      idle_.push_back(slot);
    }
  }

  void hand_on() {
    while (!open_.empty() && open_.front()->missing == 0) {
      const std::lock_guard lock(mutex_);
      complete_.push_back(std::move(open_.front()));
      open_.pop_front();
      changed_.notify_one();
    }
  }

  std::size_t ahead_;
  CURLM* multi_ = curl_multi_init();
  std::vector<Slot> slots_;
  std::vector<Slot*> idle_;
  std::deque<BatchPtr> open_;  // of which something is missing
  std::size_t asked_ = 0;      // rows of the last of them
  std::mutex mutex_;           // for what follows
  std::condition_variable changed_;
  std::deque<BatchPtr> complete_;
  bool all_there_ = false;
  std::thread thread_;
};

std::unique_ptr<Batches> batches_of(const std::vector<std::string>& list,
                                    std::size_t size, std::size_t threads) {
  if (!list.front().starts_with("http:"))
    return std::make_unique<Files>(list, size);
  return std::make_unique<Objects>(
      list, size, std::max(2 * threads + 1, (objects_ahead - 1) / size + 1));
}

/// Pixels [B, H, W, C] of a batch.
at::Tensor decoded(Jpeg& jpeg, const Batch& batch, const Flags& flags) {
  const at::Tensor pixels =
      torch::empty(shape_of(flags, batch.encoded.size()), torch::kByte);
  const std::size_t height = flags.count("height");
  const std::size_t width = flags.count("width");
  auto* image = pixels.data_ptr<std::uint8_t>();
  for (const std::string& encoded : batch.encoded) {
    jpeg.decode(encoded, image, height, width);
    image += height * width * 3;
  }
  return pixels;
}

void measure(const Flags& flags) {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::vector<std::string> list = lines_of(flags.given("list"));
  const std::size_t size = flags.count("batch");
  const auto threads = static_cast<std::ptrdiff_t>(flags.count("threads"));
  at::set_num_threads(1);
  Network network = networks(flags).front();
  const at::Tensor blank = torch::zeros(shape_of(flags, size), torch::kByte);
  const at::Tensor probabilities = torch::empty(
      {static_cast<std::int64_t>(list.size()), network.infer(blank).size(1)});
  std::unique_ptr<Batches> batches;
  std::latch warm(threads);
  std::latch go(1);
  std::vector<std::thread> workers;
  for (std::ptrdiff_t t = 0; t < threads; ++t) {
    workers.emplace_back([&] {
      const c10::InferenceMode mode;
      Jpeg jpeg;
      for (int turn = 0; turn < 3; ++turn) network.infer(blank);
      warm.count_down();
      go.wait();
      while (const BatchPtr batch = batches->take()) {
        const at::Tensor rows = network.infer(decoded(jpeg, *batch, flags));
        probabilities
            .narrow(0, static_cast<std::int64_t>(batch->first), rows.size(0))
            .copy_(rows);
      }
    });
  }
  warm.wait();
  const Stopwatch watch(flags.text("server"));
  batches = batches_of(list, size, workers.size());
  go.count_down();
  for (std::thread& worker : workers) worker.join();
  const at::Tensor picks = tenth_of(probabilities);
  print_result("overlapped", list.size(), watch.spent(),
               ", \"picks\": " + std::to_string(picks.size(0)));
}

}  // namespace

int main(int argc, char** argv) {
  return run_benchmark("overlapped", [&] { measure(stage_flags(argc, argv)); });
}
