#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "quarry/core/random.hpp"
#include "quarry/data/memory_source.hpp"
#include "quarry/decode/raw_decoder.hpp"
#include "quarry/model/toy_model.hpp"

namespace quarry::test {

inline const SampleSpec toy_spec{.shape = {4, 4, 3}, .dtype = DType::u1};
inline constexpr std::size_t toy_bytes = 48;
inline constexpr std::size_t toy_classes = 5;
inline constexpr std::size_t toy_features = 6;

/// Samples of random bytes. Every ninth repeats the bytes of an earlier one, so
/// that scores tie. The first byte is never 0xEE, which marks samples for the
/// fakes below.
inline std::vector<MemorySource::Item> toy_items(std::size_t n,
                                                 std::uint64_t seed = 1) {
  RandomStream random(seed);
  std::vector<MemorySource::Item> items;
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<std::byte> bytes(toy_bytes);
    for (std::byte& byte : bytes) byte = std::byte(random.below(238));
    const std::string id = "pool/" + std::to_string(i);
    Bytes content = i % 9 == 8 ? items[i / 2].bytes : Bytes::take(bytes);
    items.push_back({{.id = id, .uri = "memory:" + id}, std::move(content)});
  }
  return items;
}

inline MemorySource toy_pool(std::size_t n, std::uint64_t seed = 1) {
  return MemorySource(toy_items(n, seed));
}

inline RawDecoder toy_decoder() {
  return RawDecoder({.shape = toy_spec.shape});
}

inline ToyModel toy_model() {
  return ToyModel({.input = toy_spec,
                   .classes = toy_classes,
                   .embedding_dim = toy_features,
                   .seed = 3});
}

inline void nap(double seconds) {
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

/// A source whose reads go through a function: faults, delays, counting.
struct HookedSource {
  MemorySource pool;
  std::function<Result<Bytes>(std::size_t, const Bytes&)> hook;

  std::size_t size() const { return pool.size(); }
  Sample sample(std::size_t i) const { return pool.sample(i); }
  Result<Bytes> read(std::size_t i) const { return hook(i, *pool.read(i)); }
};

/// A decoder that calls a function first.
struct HookedDecoder {
  RawDecoder decoder = toy_decoder();
  std::function<Result<void>(const Bytes&)> hook;

  SampleSpec spec() const { return decoder.spec(); }
  Result<void> decode(const Bytes& bytes, std::span<std::byte> row) const {
    if (Result<void> first = hook(bytes); !first.ok()) return first;
    return decoder.decode(bytes, row);
  }
};

/// A model whose predictions go through a function.
struct HookedModel {
  ToyModel model = toy_model();
  std::function<void(const SlabView&, Predictions&)> hook;

  Predictions infer(const SlabView& slab) {
    Predictions predictions = model.infer(slab);
    hook(slab, predictions);
    return predictions;
  }
  SampleSpec input() const { return model.input(); }
  std::vector<std::string> classes() const { return model.classes(); }
  std::string fingerprint() const { return model.fingerprint(); }
  HookedModel replicate() const { return *this; }
  std::size_t embedding_dim() const { return model.embedding_dim(); }
};

/// A model with dropout: pass k is the toy model with the masked bytes of every
/// sample put to zero.
struct DroppingModel {
  ToyModel model = toy_model();
  bool dropout = true;
  std::function<void(StochasticPredictions&)> hook = {};

  /// Which bytes of a sample pass k keeps.
  static std::vector<bool> kept(std::uint64_t seed, std::size_t k) {
    RandomStream random = RandomStream(seed).derive(k);
    std::vector<bool> mask(toy_bytes);
    for (std::size_t b = 0; b < toy_bytes; ++b) mask[b] = random.below(3) > 0;
    return mask;
  }

  Predictions infer(const SlabView& slab) { return model.infer(slab); }
  StochasticPredictions infer_stochastic(const SlabView& slab,
                                         std::size_t passes,
                                         std::uint64_t seed) {
    const auto rows = static_cast<Eigen::Index>(slab.rows);
    StochasticPredictions all{passes, Matrix(passes * slab.rows, toy_classes)};
    for (std::size_t k = 0; k < passes; ++k) {
      const std::vector<bool> mask = kept(seed, k);
      std::vector<std::byte> bytes(slab.bytes.begin(), slab.bytes.end());
      for (std::size_t b = 0; b < bytes.size(); ++b)
        if (!mask[b % toy_bytes]) bytes[b] = std::byte{0};
      all.probabilities.middleRows(static_cast<Eigen::Index>(k) * rows, rows) =
          model.infer({bytes, slab.rows, slab.spec}).probabilities;
    }
    if (hook) hook(all);
    return all;
  }
  bool has_dropout() const { return dropout; }
  SampleSpec input() const { return model.input(); }
  std::vector<std::string> classes() const { return model.classes(); }
  std::string fingerprint() const { return model.fingerprint(); }
  DroppingModel replicate() const { return *this; }
  std::size_t embedding_dim() const { return model.embedding_dim(); }
};

/// Jobs that run on threads of their own, late and out of order: a reactor.
class Reactor {
 public:
  explicit Reactor(std::size_t threads, std::uint64_t seed = 5)
      : random_(seed) {
    for (std::size_t i = 0; i < threads; ++i) {
      threads_.emplace_back([this] { work(); });
    }
  }
  ~Reactor() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    wake_.notify_all();
  }
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  void post(std::function<void()> job) {
    {
      const std::lock_guard lock(mutex_);
      jobs_.push_back(std::move(job));
    }
    wake_.notify_one();
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      std::swap(jobs_[random_.below(jobs_.size())], jobs_.back());
      const std::function<void()> job = std::move(jobs_.back());
      jobs_.pop_back();
      lock.unlock();
      job();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  RandomStream random_;
  bool ending_ = false;
  std::vector<std::jthread> threads_;
};

/// An `AsyncSource` over a pool, answered by a reactor.
struct AsyncPool {
  MemorySource pool;
  std::shared_ptr<Reactor> reactor = std::make_shared<Reactor>(2);
  std::function<Result<Bytes>(std::size_t, const Bytes&)> hook =
      [](std::size_t, const Bytes& bytes) {
        return Result<Bytes>(bytes);
      };

  std::size_t size() const { return pool.size(); }
  Sample sample(std::size_t i) const { return pool.sample(i); }
  Result<Bytes> read(std::size_t i) const { return hook(i, *pool.read(i)); }
  void read_async(std::size_t i, ReadDone done) const {
    // Without the reactor: its last owner must not be one of its own jobs.
    reactor->post(
        [pool = pool, hook = hook, i, done] { done(hook(i, *pool.read(i))); });
  }
};

/// An `AsyncModel`: the toy model behind a reactor.
struct AsyncToy {
  ToyModel model = toy_model();
  std::shared_ptr<Reactor> reactor = std::make_shared<Reactor>(3);
  std::function<Result<void>()> hook = [] {
    return Result<void>();
  };

  Predictions infer(const SlabView& slab) { return model.infer(slab); }
  SampleSpec input() const { return model.input(); }
  std::vector<std::string> classes() const { return model.classes(); }
  std::string fingerprint() const { return model.fingerprint(); }
  AsyncToy replicate() const { return *this; }
  std::size_t embedding_dim() const { return model.embedding_dim(); }
  void submit(const SlabView& slab, PredictionSink& sink,
              InferDone done) noexcept {
    reactor->post([model = model, hook = hook, &slab, &sink, done]() mutable {
      if (Result<void> first = hook(); !first.ok()) return done(first);
      const Predictions predictions = model.infer(slab);
      sink.logits = predictions.logits;
      sink.probabilities = predictions.probabilities;
      if (sink.embeddings.cols() != 0) sink.embeddings = predictions.embeddings;
      done({});
    });
  }
};

static_assert(DataSource<HookedSource> && !AsyncSource<HookedSource>);
static_assert(AsyncSource<AsyncPool>);
static_assert(Decoder<HookedDecoder>);
static_assert(EmbeddingModel<HookedModel> && !AsyncModel<HookedModel>);
static_assert(AsyncModel<AsyncToy> && EmbeddingModel<AsyncToy>);

}  // namespace quarry::test
