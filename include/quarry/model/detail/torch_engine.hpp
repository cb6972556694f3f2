#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <c10/core/MemoryFormat.h>

#include "quarry/core/result.hpp"
#include "quarry/model/model_card.hpp"
#include "quarry/model/precision.hpp"
#include "quarry/model/predictions.hpp"

namespace quarry::detail {

/// What a network gave for a batch; `embeddings` is undefined when it gives
/// none.
struct NetOutput {
  at::Tensor logits;      ///< [B, C]
  at::Tensor embeddings;  ///< [B, D]
};

/// What a network does after its embeddings, where these are all that its
/// logits depend on.
struct NetHead {
  /// A digest of the code and weights that make the embeddings.
  std::string backbone;
  /// Embeddings `[B, D]` in floats in, logits `[B, C]` out.
  std::function<at::Tensor(const at::Tensor&)> logits;
};

class DeviceBatches;

/// Slabs in, predictions out, whatever the network is: preprocessing, checks of
/// what comes back, probabilities, errors.
class TorchEngine {
 public:
  /// Takes `[B, channels, height, width]` floats on the device, whatever it
  /// computes in.
  using Forward = std::function<NetOutput(const at::Tensor&)>;
  /// A network, ready to run.
  struct Network {
    Forward forward;
    std::optional<NetHead> head = std::nullopt;
    /// What an operator should know: which way to run faster it does not take.
    std::vector<std::string> notes = {};
    /// What it gave for two images, where it has run already.
    std::optional<NetOutput> trial = std::nullopt;
  };

  /// Runs the network once on zeros, unless it has run already. `format` is
  /// that of its input, `precision` what `forward` computes in. Raises
  /// `model.output`, `model.classes`, `model.infer`.
  TorchEngine(ModelCard card, c10::Device device, at::MemoryFormat format,
              Precision precision, Network network);

  Predictions infer(const SlabView& slab) const;
  /// The end of `infer`, from embeddings `[B, D]` on. Expects a `backbone()`;
  /// raises `model.input`, `model.output`, `model.infer`.
  Predictions infer_head(const Matrix& embeddings) const;
  /// Takes a batch as `Forward` does; the logits of each pass, [B, C].
  using Passes = std::function<std::vector<at::Tensor>(const at::Tensor&)>;
  /// Raises what `infer` does.
  StochasticPredictions infer_passes(const SlabView& slab,
                                     const Passes& passes) const;
  /// The network's input `[B, channels, height, width]`, on the device. Raises
  /// `model.input`.
  at::Tensor preprocess(const SlabView& slab) const;
  /// The network on what `preprocess` gave; in the caller's grad mode.
  NetOutput forward(const at::Tensor& input) const {
    return network_.forward(input);
  }

  SampleSpec input() const;
  Result<void> accepts(const SampleSpec& spec) const;
  std::vector<std::string> classes() const;
  /// As `HeadModel` has it. Empty, too, when the head does not give to the bit
  /// what the network gives for two images: those of the last `computes_with`,
  /// if it was not asked since, so that who asks for both runs them once.
  std::string backbone() const;
  /// Library, device, instruction set, threads, processor, the precision unless
  /// it is fp32, and a digest of what it gives for two images.
  std::string computes_with() const;
  std::size_t class_count() const noexcept { return class_count_; }
  std::size_t embedding_dim() const noexcept { return embedding_dim_; }
  std::shared_ptr<std::byte[]> make_slab(std::size_t bytes) const;
  /// `threads` on the CPU, else 2.
  std::size_t default_executors(std::size_t threads) const;
  const ModelCard& card() const noexcept { return card_; }
  c10::Device device() const noexcept { return device_; }
  /// Of the network's input.
  at::MemoryFormat format() const noexcept { return format_; }
  Precision precision() const noexcept { return precision_; }
  /// Those of the network.
  const std::vector<std::string>& notes() const noexcept {
    return network_.notes;
  }

 private:
  void dry_run();
  NetOutput trial() const;
  NetOutput last_trial() const;
  using Compute = std::function<std::vector<at::Tensor>(const at::Tensor&)>;
  /// What `compute` makes of `host`, on the device and back from there.
  std::vector<Matrix> run(const at::Tensor& host, const Compute& compute) const;
  Predictions predictions_of(const at::Tensor& host,
                             const Forward& forward) const;
  at::Tensor probabilities_of(const at::Tensor& logits) const;
  at::Tensor bytes_of(const SlabView& slab) const;
  at::Tensor preprocess(const at::Tensor& bytes) const;
  at::Tensor normalised(const at::Tensor& bytes) const;
  at::Tensor enlarged(at::Tensor pixels) const;

  ModelCard card_;
  c10::Device device_;
  at::MemoryFormat format_;
  Precision precision_;
  Network network_;
  mutable std::mutex trying_;
  mutable std::optional<NetOutput> last_trial_;
  std::size_t class_count_ = 0;
  std::size_t embedding_dim_ = 0;
  /// What value v of channel c becomes: `[channels, 256]`.
  std::vector<float> table_;
  at::Tensor shift_;  ///< `[1, channels, 1, 1]`: mean / scale, on the device
  at::Tensor gain_;   ///< `[1, channels, 1, 1]`: scale / std, on the device
  std::shared_ptr<DeviceBatches> batches_;  ///< null on the CPU
};

/// An engine whose activations have channels last, which convolutions prefer,
/// or are contiguous when the network cannot be run so: one that takes a `view`
/// of its activations, say, which is a note then. `network` prepares it for the
/// format it is given.
std::shared_ptr<const TorchEngine> make_engine(
    const ModelCard& card, c10::Device device, Precision precision,
    const std::function<TorchEngine::Network(at::MemoryFormat)>& network);

/// Parameters of four dimensions in that format, in place.
void set_format(const std::vector<at::Tensor>& parameters,
                at::MemoryFormat format);

}  // namespace quarry::detail
