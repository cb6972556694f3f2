#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "quarry/core/result.hpp"
#include "quarry/model/concept.hpp"
#include "quarry/model/model_card.hpp"
#include "quarry/model/precision.hpp"

namespace quarry {

namespace detail {
class DropoutNet;
}

struct TorchScriptOptions {
  /// "auto" (CUDA when it is usable, else the CPU), "cpu", "cuda" or "cuda:1".
  std::string device = "auto";
  /// What the network computes in. `automatic` takes the fastest of fp32, bf16
  /// and, on a GPU, fp16, and `notes()` says which that is: on another day it
  /// may be another.
  Precision precision = Precision::fp32;
  /// Rows of the batches that `automatic` measures, ≥ 1: as many as will be
  /// inferred at once.
  std::size_t batch = 128;
  /// Instead of the card beside the file.
  std::optional<ModelCard> card = std::nullopt;
};

/// A TorchScript file as a model: `forward` takes a float tensor `[B, channels,
/// height, width]` and returns logits `[B, C]`, or the tuple (logits,
/// embeddings `[B, D]`).
///
/// The card `NAME.json` beside `NAME.pt` says input, preprocessing and classes.
/// Without one the defaults of ImageNet networks are assumed, and `notes()`
/// says so: 224 × 224 RGB, resized to 256 and cropped; mean (0.485, 0.456,
/// 0.406), deviation (0.229, 0.224, 0.225) of pixels in 0 … 1.
///
/// Slabs hold RGB pixels as uint8, `[B, height, width, channels]`. On the
/// device they become
///
///     x = (pixel · scale − mean) / std     in the card's channel order
///
/// and, when the slab's images are smaller than the input (arrays that nothing
/// has resampled, as `RawDecoder` gives them), are enlarged bilinearly (corners
/// not aligned) and cropped as `ImageDecoder` would have done.
///
/// The network runs in evaluation mode, frozen, with channels last,
/// without libtorch's profiling executor, so that the first batches are as fast
/// as the others and equal batches give equal bits. On a CPU with AVX-512
/// convolutions and what lies between them run in oneDNN's layouts, if two
/// trial images come out as without (to 1e-4 of the largest number).
/// Probabilities are softmax (multiclass) or sigmoid (multilabel) of the logits
/// in fp32. For convolutional networks a row's bits do not depend on its place
/// and batch-mates, as long as `use_threads(1)` or any other fixed number is in
/// force.
///
/// In bf16 and fp16, weights (batch norm folded into them) are converted once,
/// and each batch before the network sees it; where neighbours do have a say in
/// the last bit, it is the last of 8 or of 11. The result is held against fp32
/// on up to 32 trial images: `notes()` says so when the largest logit of more
/// than an eighth of them is another's.
///
/// Models `HeadModel` (D = 0 without embeddings), `DifferentiableModel` and
/// `StochasticModel` (without dropout there are no passes). Copies and replicas
/// share the weights; each may run on a thread of its own.
class TorchScriptModel {
 public:
  /// Loads the file, moves it to the device, and runs it once on zeros to learn
  /// C and D.
  ///
  /// Raises `model.not_found`; `model.invalid` when the file is no TorchScript
  /// (a pickle of weights, say: the hint tells how to export); `model.device`
  /// when the device asked for is not usable, and why; `model.precision` when
  /// the network cannot be computed in the precision asked for, or overflows
  /// there; `model.option` for a batch of 0; `model.output` when it
  /// returns something else; `model.classes` when the card names another number
  /// of classes than there are logits; `model.memory` when there is too
  /// little, with `automatic` for the batch in any precision; `model.infer`
  /// when it does not run on the card's input; `card.invalid`, `json.invalid`,
  /// `file.*`.
  explicit TorchScriptModel(const std::filesystem::path& file,
                            const TorchScriptOptions& options = {});

  /// Raises `model.input` (see `accepts`), `model.output`, `model.memory`
  /// when there is too little for the batch, and `model.infer` with libtorch's
  /// own words when it cannot be computed for another reason.
  Predictions infer(const SlabView& slab);

  /// What follows the embeddings `[B, D]`, alone. Raises `model.input` for
  /// another D, `model.infer`; expects a `backbone()`.
  Predictions head(const Matrix& embeddings);
  /// Hash of the code and weights that make the embeddings, with the card's
  /// input and preprocessing, and what computes them. Empty when the network
  /// gives no embeddings, when its logits depend on anything besides, and when
  /// by itself the head does not give to the bit what the network does.
  std::string backbone() const;

  /// Passes with dropout (`dropout` and its kinds for whole channels) switched
  /// on and everything else as in `infer`. What does not depend on a mask is
  /// computed once for all passes. Masks are drawn on the CPU from `seed`, for
  /// every layer and pass anew, the same for every row: see `DropoutNet`.
  ///
  /// The first call reads the file again. Raises what `infer` does;
  /// `model.dropout` when there is none, when it is of a kind that is not known
  /// (alpha dropout), or when the rows it sees are not those of the batch;
  /// `model.changed` when the file is no longer what was loaded.
  StochasticPredictions infer_stochastic(const SlabView& slab,
                                         std::size_t passes,
                                         std::uint64_t seed);
  /// Whether there is dropout to switch on; reads the file again. Raises as
  /// `infer_stochastic` does, but for want of dropout.
  bool has_dropout() const;

  /// The network's input `[B, channels · height · width]`, channels first.
  /// Raises `model.input`, `model.infer`.
  Matrix preprocess(const SlabView& slab);
  /// By the network's input, in fp32 whatever the precision: the file is read
  /// again by the first call, for what infers knows no gradients. Its logits
  /// are those of `infer` to 1e-5. Raises `model.changed`, too. Raises
  /// `model.input`, `model.memory`, `model.infer`.
  InputGradient gradient(const Matrix& inputs, const Matrix& cotangent);

  /// `{height, width, channels}` of u1, as in the card.
  SampleSpec input() const;
  /// Also images of which neither side is larger.
  Result<void> accepts(const SampleSpec& spec) const;
  std::vector<std::string> classes() const;
  /// 128 bits of hash, in hexadecimal, over the bytes of the file and the card.
  std::string fingerprint() const;
  /// libtorch, its instruction set and threads, the processor, and the
  /// precision when it is not fp32.
  std::string computes_with() const;
  TorchScriptModel replicate() const { return *this; }
  std::size_t embedding_dim() const;
  /// Pinned when the device is a GPU; 64-byte aligned.
  std::shared_ptr<std::byte[]> make_slab(std::size_t bytes) const;
  /// `threads` on the CPU; on a GPU two, so that one batch is copied while the
  /// other is computed.
  std::size_t default_executors(std::size_t threads) const;
  std::vector<std::string> notes() const;
  /// As the card says.
  Task task() const { return card().task; }

  const ModelCard& card() const;
  /// "cpu", "cuda:0"
  std::string device() const;
  /// What it computes in: never `automatic`.
  Precision precision() const;

 private:
  struct State;
  const detail::DropoutNet* dropout() const;
  std::shared_ptr<const State> state_;
};

}  // namespace quarry
