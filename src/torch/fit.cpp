#include "torch/fit.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <functional>
#include <numbers>
#include <numeric>
#include <optional>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/optim/sgd.h>

#include "quarry/core/error.hpp"
#include "quarry/core/random.hpp"

#include "torch/device.hpp"
#include "torch/generator_guard.hpp"
#include "torch/snapshot.hpp"
#include "torch/threads.hpp"

namespace quarry::detail {
namespace {

using Clock = std::chrono::steady_clock;

/// One-cycle schedule: from a 25th of the peak up to it along a half cosine in
/// the first 30 % of the steps, then down to a thousandth.
double rate_at(double progress, double peak) {
  constexpr double warm_up = 0.3;
  const auto between = [](double from, double to, double part) {
    return to + (from - to) * (1.0 + std::cos(std::numbers::pi * part)) / 2.0;
  };
  if (progress < warm_up) return between(peak / 25, peak, progress / warm_up);
  return between(peak, peak / 1000, (progress - warm_up) / (1.0 - warm_up));
}

void check_set(const TorchEngine& engine, const TrainingSet& set) {
  if (engine.card().task != Task::multiclass) {
    raise("fit.task",
          "only multiclass networks can be trained, and the card says "
          "otherwise");
  }
  const std::size_t rows = set.samples.rows;
  if (rows == 0) raise("fit.labels", "there is nothing to learn from: no rows");
  if (set.labels.size() != rows) {
    raise("fit.labels", std::to_string(set.labels.size()) + " labels for " +
                            std::to_string(rows) + " rows");
  }
  const auto classes = static_cast<std::int64_t>(engine.class_count());
  for (std::size_t i = 0; i < rows; ++i) {
    if (set.labels[i] >= 0 && set.labels[i] < classes) continue;
    raise("fit.labels", "row " + std::to_string(i) + " has the label " +
                            std::to_string(set.labels[i]) +
                            ", but the classes are 0 to " +
                            std::to_string(classes - 1));
  }
  engine.accepts(set.samples.spec).value();
}

/// Copies samples into a batch, flipped and shifted.
class Augmenter {
 public:
  Augmenter(const SlabView& samples, const FitOptions& options)
      : samples_(samples), options_(options) {}

  /// Row `from` as it is.
  void copy(std::size_t from, std::span<std::byte> to) const {
    std::memcpy(to.data(), row(from).data(), to.size());
  }

  /// Row `from` after a random flip and a random crop out of the image with a
  /// black margin.
  void augment(std::size_t from, std::span<std::byte> to,
               RandomStream& random) const {
    const std::size_t pad = options_.crop_padding;
    const bool flipped = options_.flip && random.below(2) == 1;
    const auto offset = [&] {
      return static_cast<std::ptrdiff_t>(random.below(2 * pad + 1)) -
             static_cast<std::ptrdiff_t>(pad);
    };
    const std::ptrdiff_t down = offset();
    const std::ptrdiff_t right = offset();
    const std::span<const std::byte> source = row(from);
    const auto height = static_cast<std::ptrdiff_t>(samples_.spec.shape[0]);
    const auto width = static_cast<std::ptrdiff_t>(samples_.spec.shape[1]);
    const std::size_t channels = samples_.spec.shape[2];
    std::byte* out = to.data();
    for (std::ptrdiff_t y = 0; y < height; ++y) {
      for (std::ptrdiff_t x = 0; x < width; ++x, out += channels) {
        const std::ptrdiff_t from_y = y + down;
        const std::ptrdiff_t shifted = x + right;
        const std::ptrdiff_t from_x = flipped ? width - 1 - shifted : shifted;
        const bool inside =
            from_y >= 0 && from_y < height && shifted >= 0 && shifted < width;
        if (inside) {
          const auto at = static_cast<std::size_t>(from_y * width + from_x);
          std::memcpy(out, source.data() + at * channels, channels);
        } else {
          std::memset(out, 0, channels);
        }
      }
    }
  }

 private:
  std::span<const std::byte> row(std::size_t i) const {
    const std::size_t size = samples_.spec.bytes();
    return samples_.bytes.subspan(i * size, size);
  }

  const SlabView& samples_;
  const FitOptions& options_;
};

/// The samples in batches of nearly equal size, none smaller than two: batch
/// norm cannot learn from one. Where fewer than three are asked for some have
/// one sample more than that, or two; else none is larger than asked for.
class Batches {
 public:
  Batches(std::size_t rows, std::size_t batch)
      : rows_(rows),
        count_(std::max<std::size_t>(
            1, std::min((rows + batch - 1) / batch, rows / 2))) {}

  std::size_t count() const { return count_; }
  std::vector<std::size_t> operator()(
      std::size_t k, const std::vector<std::size_t>& order) const {
    const std::size_t last = (k + 1) * rows_ / count_;
    std::vector<std::size_t> rows;
    for (std::size_t i = k * rows_ / count_; i < last; ++i) {
      rows.push_back(order[i]);
    }
    return rows;
  }

 private:
  std::size_t rows_;
  std::size_t count_;
};

/// A batch norm of any number of dimensions that keeps running statistics.
struct Norm {
  torch::nn::Module* module = nullptr;
  torch::nn::BatchNormOptions* options = nullptr;
  std::function<void()> reset = {};  ///< the statistics
};

template <class Impl>
void add_norm(torch::nn::Module& module, std::vector<Norm>& norms) {
  auto* norm = dynamic_cast<Impl*>(&module);
  if (norm == nullptr || !norm->options.track_running_stats()) return;
  norms.push_back({norm, &norm->options, [norm] {
                     norm->reset_running_stats();
                   }});
}

/// While it lives, running statistics are the plain mean over batches.
class PlainMeans {
 public:
  explicit PlainMeans(const std::vector<Norm>& norms) : norms_(norms) {
    for (const Norm& norm : norms_) {
      momenta_.push_back(norm.options->momentum());
      norm.options->momentum(std::nullopt);
    }
  }
  PlainMeans(const PlainMeans&) = delete;
  PlainMeans& operator=(const PlainMeans&) = delete;
  ~PlainMeans() {
    for (std::size_t i = 0; i < norms_.size(); ++i) {
      norms_[i].options->momentum(momenta_[i]);
    }
  }

 private:
  const std::vector<Norm>& norms_;
  std::vector<std::optional<double>> momenta_;
};

/// What `compute` gives; what libtorch or the network throws is `model.infer`.
template <class Compute>
auto computed(Compute compute) {
  try {
    return compute();
  } catch (const Error& error) {
    raise(error.failure(), error.where());
  } catch (const std::exception& error) {
    raise("model.infer", "the network cannot be trained: " + first_line(error));
  }
}

class Trainer {
 public:
  Trainer(torch::nn::Module& module, const TorchEngine& engine,
          const TrainingSet& set, const FitOptions& options)
      : module_(module),
        engine_(engine),
        set_(set),
        options_(options),
        augmenter_(set.samples, options),
        batches_(set.samples.rows, options.batch),
        random_(RandomStream(options.seed).derive("fit")),
        order_(set.samples.rows) {
    for (const auto& part : module.modules()) {
      add_norm<torch::nn::BatchNorm1dImpl>(*part, norms_);
      add_norm<torch::nn::BatchNorm2dImpl>(*part, norms_);
      add_norm<torch::nn::BatchNorm3dImpl>(*part, norms_);
    }
  }

  FitReport run() {
    const auto begin = Clock::now();
    FitReport report;
    report.samples = set_.samples.rows;
    report.seed = options_.seed;
    auto optimizer = computed([&] { return make_optimizer(); });
    for (std::size_t e = 1; e <= options_.epochs && !report.stopped; ++e) {
      module_.train();
      // One sample has no statistics: those that are there remain.
      if (set_.samples.rows == 1) set_norms(false);
      report.stopped =
          !computed([&] { return run_epoch(e, *optimizer, report); });
      // What the hook throws is the caller's, and passes as it is.
      if (!report.stopped && options_.on_epoch) {
        options_.on_epoch(report.epochs.back());
      }
    }
    if (!report.stopped && set_.samples.rows > 1) {
      computed([&] { measure_norms(); });
    }
    module_.eval();
    expect_finite();
    report.seconds =
        std::chrono::duration<double>(Clock::now() - begin).count();
    return report;
  }

 private:
  std::unique_ptr<torch::optim::SGD> make_optimizer() {
    // Weight decay is for weights: shrinking biases and the gains of batch norm
    // regularises nothing.
    std::vector<at::Tensor> weights;
    std::vector<at::Tensor> others;
    for (const at::Tensor& p : module_.parameters()) {
      if (p.requires_grad()) (p.dim() > 1 ? weights : others).push_back(p);
    }
    const auto options = [&](double decay) {
      return std::make_unique<torch::optim::SGDOptions>(
          torch::optim::SGDOptions(options_.learning_rate)
              .momentum(options_.momentum)
              .nesterov(options_.momentum > 0)
              .weight_decay(decay));
    };
    std::vector<torch::optim::OptimizerParamGroup> groups;
    groups.emplace_back(std::move(weights), options(options_.weight_decay));
    groups.emplace_back(std::move(others), options(0.0));
    return std::make_unique<torch::optim::SGD>(
        groups, torch::optim::SGDOptions(options_.learning_rate));
  }

  /// False when it was stopped.
  bool run_epoch(std::size_t epoch, torch::optim::SGD& optimizer,
                 FitReport& report) {
    RandomStream order = random_.derive("order").derive(epoch);
    RandomStream augment = random_.derive("augment").derive(epoch);
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    order.shuffle(std::span(order_));
    double loss_sum = 0.0;
    double right = 0.0;
    double seen = 0.0;
    for (std::size_t k = 0; k < batches_.count(); ++k) {
      if (options_.stop.stop_requested()) return false;
      const std::size_t steps = options_.epochs * batches_.count();
      const std::size_t step = (epoch - 1) * batches_.count() + k;
      set_rate(optimizer,
               (static_cast<double>(step) + 0.5) / static_cast<double>(steps));
      const std::vector<std::size_t> rows = batches_(k, order_);
      const at::Tensor labels = labels_of(rows);
      optimizer.zero_grad();
      const at::Tensor logits =
          engine_.forward(input_of(rows, &augment)).logits;
      const at::Tensor loss = at::cross_entropy_loss(logits, labels);
      loss.backward();
      optimizer.step();

      const auto count = static_cast<double>(rows.size());
      const double value = loss.item<double>();
      if (!std::isfinite(value)) {
        diverged("in epoch " + std::to_string(epoch));
      }
      loss_sum += value * count;
      right += logits.argmax(1).eq(labels).sum().item<double>();
      seen += count;
    }
    report.epochs.push_back(
        {epoch, options_.epochs, loss_sum / seen, right / seen});
    return true;
  }

  void set_rate(torch::optim::SGD& optimizer, double progress) {
    const double rate = rate_at(progress, options_.learning_rate);
    for (auto& group : optimizer.param_groups()) group.options().set_lr(rate);
  }

  at::Tensor labels_of(const std::vector<std::size_t>& rows) const {
    std::vector<std::int64_t> labels;
    for (const std::size_t row : rows) labels.push_back(set_.labels[row]);
    return at::tensor(labels).to(engine_.device());
  }

  at::Tensor input_of(const std::vector<std::size_t>& rows,
                      RandomStream* augment) {
    const std::size_t size = set_.samples.spec.bytes();
    batch_.resize(rows.size() * size);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::span<std::byte> to = std::span(batch_).subspan(i * size, size);
      if (augment == nullptr) {
        augmenter_.copy(rows[i], to);
      } else {
        augmenter_.augment(rows[i], to, *augment);
      }
    }
    return engine_.preprocess({batch_, rows.size(), set_.samples.spec});
  }

  void set_norms(bool training) {
    for (const Norm& norm : norms_) norm.module->train(training);
  }

  /// The running statistics of batch norm lag behind the weights, by a lot
  /// after few steps: measures them over the set, each sample once.
  void measure_norms() {
    if (norms_.empty()) return;
    module_.eval();
    set_norms(true);
    for (const Norm& norm : norms_) norm.reset();
    const PlainMeans means(norms_);
    const at::NoGradGuard guard;
    // In a random order: a set sorted by class has batches unlike each other.
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    random_.derive("statistics").shuffle(std::span(order_));
    for (std::size_t k = 0; k < batches_.count(); ++k) {
      engine_.forward(input_of(batches_(k, order_), nullptr));
    }
  }

  /// The last step may have been one too far.
  void expect_finite() const {
    for (const at::Tensor& p : module_.parameters()) {
      if (!p.isfinite().all().item<bool>()) diverged("after the last step");
    }
  }

  [[noreturn]] static void diverged(const std::string& when) {
    raise("fit.diverged", "training diverged " + when,
          "lower the learning rate; the weights are those of before");
  }

  torch::nn::Module& module_;
  const TorchEngine& engine_;
  const TrainingSet& set_;
  const FitOptions& options_;
  Augmenter augmenter_;
  Batches batches_;
  RandomStream random_;
  std::vector<std::size_t> order_;
  std::vector<std::byte> batch_;
  std::vector<Norm> norms_;
};

}  // namespace

FitReport fit_module(torch::nn::Module& module, const TorchEngine& engine,
                     const TrainingSet& set, const FitOptions& options) {
  options.validate();
  check_set(engine, set);
  // The caller may be in inference mode, and owns the generator that dropout
  // draws from.
  const c10::InferenceMode train(false);
  const at::AutoGradMode gradients(true);
  take_threads();
  GeneratorGuard generator(engine.device());
  generator.seed(options.seed);
  Snapshot before(module);
  FitReport report = Trainer(module, engine, set, options).run();
  before.keep_the_new();
  return report;
}

}  // namespace quarry::detail
