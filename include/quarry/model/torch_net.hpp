#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "quarry/core/result.hpp"
#include "quarry/model/concept.hpp"
#include "quarry/model/fit.hpp"
#include "quarry/model/model_card.hpp"
#include "quarry/model/precision.hpp"

namespace quarry {

namespace detail {
class DropoutNet;
}

struct NetOptions {
  std::vector<std::string> classes = {};  ///< names of the C ≥ 1 columns
  std::size_t height = 32;                ///< of the input, ≥ 8 pixels
  std::size_t width = 32;                 ///< of the input, ≥ 8 pixels
  std::size_t channels = 3;               ///< ≥ 1
  std::uint64_t seed = 0;                 ///< of the initial weights
  /// Part of the embeddings that is zeroed, in [0, 1), while the net trains and
  /// in stochastic passes.
  double dropout = 0.0;
  /// "auto" (CUDA when it is usable, else the CPU), "cpu", "cuda" or "cuda:1".
  std::string device = "auto";
  /// What inference computes in; see `TorchScriptOptions`. Training is in fp32.
  Precision precision = Precision::fp32;
  /// Rows of the batches that `automatic` measures, ≥ 1.
  std::size_t batch = 128;

  /// Raises `model.option` naming field, value and constraint.
  void validate() const;
};

/// A network that can be made by name.
struct NetInfo {
  std::string name;
  std::string summary;  ///< one line
};

/// "small_cnn", "resnet18", "resnet18_cifar", and what they are.
std::vector<NetInfo> built_in_nets();

/// A built-in network with its preprocessing: `TorchModule` over `SmallCnn` or
/// `ResNet18` without torch headers. Pixels become (pixel / 255 − 0.5) / 0.25;
/// the task is multiclass.
///
/// Models `HeadModel`, `TrainableModel`, `DifferentiableModel` and
/// `StochasticModel` (without dropout there are no passes). Copies and replicas
/// share one network: training through one trains them all, and none may infer
/// meanwhile. Bitwise, a row's prediction depends neither on its place nor on
/// its batch-mates.
class TorchNet {
 public:
  /// Raises `model.input`, `model.memory`, `model.infer`.
  Predictions infer(const SlabView& slab);
  /// See `TorchScriptModel`. Raises `model.input`, `model.infer`.
  Predictions head(const Matrix& embeddings);
  std::string backbone() const;
  /// See `TorchScriptModel`. Raises `model.input`, `model.infer`, and
  /// `model.dropout` when there is none.
  StochasticPredictions infer_stochastic(const SlabView& slab,
                                         std::size_t passes,
                                         std::uint64_t seed);
  bool has_dropout() const;
  /// The network's input `[B, channels · height · width]`, channels first.
  /// Raises `model.input`, `model.infer`.
  Matrix preprocess(const SlabView& slab);
  /// By the network's input, in fp32 whatever the precision. Raises
  /// `model.input`, `model.memory`, `model.infer`.
  InputGradient gradient(const Matrix& inputs, const Matrix& cotangent);
  SampleSpec input() const;
  /// Also images of which neither side is larger; see `TorchScriptModel`.
  Result<void> accepts(const SampleSpec& spec) const;
  std::vector<std::string> classes() const;
  /// 128 bits of hash, in hexadecimal, over architecture, weights and card.
  std::string fingerprint() const;
  /// libtorch, its instruction set and threads, the processor, and the
  /// precision when it is not fp32.
  std::string computes_with() const;
  TorchNet replicate() const { return *this; }
  std::size_t embedding_dim() const;
  std::shared_ptr<std::byte[]> make_slab(std::size_t bytes) const;
  /// See `TorchScriptModel`.
  std::size_t default_executors(std::size_t threads) const;
  std::vector<std::string> notes() const;
  /// As the card says.
  Task task() const { return card().task; }

  /// Trains all weights from where they are; see `FitOptions`. The same seed,
  /// set, device and `use_threads` give the same weights. A network that no
  /// longer runs in its precision then runs in fp32, and `notes()` says so.
  ///
  /// Raises `fit.option`, `fit.labels` (a label outside [0, C), another number
  /// of labels than rows, no rows), `model.input`, `model.infer` when a batch
  /// cannot be computed, and `fit.diverged` when the loss is no longer finite.
  /// What `on_epoch` throws passes as it is. Training that is done may not run:
  /// `model.memory`, `model.invalid`. The weights are those of before when
  /// anything is thrown.
  FitReport fit(const TrainingSet& set, const FitOptions& options = {});

  /// Takes weights from a TorchScript file, a `torch.save`d state_dict or a
  /// safetensors file that has the same names and shapes; `resnet18` has
  /// torchvision's. As to precision see `fit`. Raises `model.weights`,
  /// `model.not_found`, `model.invalid`, `model.memory`; the weights are those
  /// of before then.
  void load_weights(const std::filesystem::path& file);

  /// Writes TorchScript to `file` and the card beside it; `TorchScriptModel`
  /// then gives the same predictions. Raises `file.write`, which leaves the old
  /// files as they were, and `model.option` when `file` ends in ".json".
  void save(const std::filesystem::path& file) const;

  const ModelCard& card() const;
  std::string device() const;
  /// What it computes in: never `automatic`. What that took stays when the
  /// weights change.
  Precision precision() const;

 private:
  friend TorchNet make_net(std::string_view name, const NetOptions& options);
  struct State;
  const detail::DropoutNet* dropout() const;
  explicit TorchNet(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

/// A network of `built_in_nets()` with seeded weights. Raises
/// `model.unknown_net` with the known names, `model.option`, `model.device`,
/// `model.precision`, and `card.invalid` for what no card may say (a class
/// named twice, or not in UTF-8).
TorchNet make_net(std::string_view name, const NetOptions& options);

}  // namespace quarry
