#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "quarry/core/result.hpp"
#include "quarry/model/concept.hpp"
#include "quarry/model/model_card.hpp"

namespace quarry {

struct AotiOptions {
  /// "auto" (what the package was compiled for), "cpu", "cuda" or "cuda:1".
  std::string device = "auto";
  /// Batches that may be computed at once; others wait. They share the weights.
  /// 0: as many as the machine has threads. (With libtorch 2.7 always one.)
  std::size_t runners = 0;
  /// Instead of the card beside the file.
  std::optional<ModelCard> card = std::nullopt;
};

/// An AOTInductor package as a model: a network that PyTorch's `torch.export`
/// has traced and its compiler turned into machine code, `NAME.pt2`. It takes a
/// contiguous float tensor `[B, channels, height, width]` for any B from 16 on
/// (smaller batches are filled up), and returns logits `[B, C]`, or (logits,
/// embeddings `[B, D]`).
/// examples/export_aoti.py makes one, and docs/reference/model_packages.md
/// tells how it must be made.
///
/// The package runs native code with the rights of the process: load only what
/// comes from somebody you trust. It runs on processors that have the
/// instructions of the one it was compiled for, with the libtorch it was
/// compiled with. The code decides precision and threads, and believes what it
/// is told: the card `NAME.json` must be there, and give the size it was
/// compiled for. With AOTI_RUNTIME_CHECK_INPUTS=1 in the environment, as the
/// program `quarry` has it, the code checks each batch instead.
///
/// Preprocessing, probabilities and slabs are those of `TorchScriptModel`.
/// Models `EmbeddingModel` (D = 0 without embeddings). Copies and replicas
/// share the package; each may run on a thread of its own.
class AotiModel {
 public:
  /// Unpacks the file below `/tmp`, loads it, and runs it once on zeros to
  /// learn C and D. What was unpacked goes with the last copy.
  ///
  /// Raises `model.not_found`; `model.invalid` when the file is no such
  /// package, or was made for another libtorch; `model.card` when it has no
  /// card; `model.device` when the package was compiled for another device or
  /// processor, or the device is not usable; `model.option` for more than 4096
  /// runners; `model.output` when it returns something else, a package compiled
  /// for one size of batch among them; `model.classes` when the card names
  /// another number of classes than there are logits; `model.infer` when it
  /// does not run on the card's input; `model.changed` when the file changes
  /// meanwhile; `card.invalid`, `json.invalid`, `file.*`.
  explicit AotiModel(const std::filesystem::path& file,
                     const AotiOptions& options = {});

  /// Raises `model.input` (see `accepts`), `model.output`, `model.memory` when
  /// there is too little for the batch (which libtorch below 2.13 cannot tell),
  /// and `model.infer` with libtorch's own words when it cannot be computed for
  /// another reason.
  Predictions infer(const SlabView& slab);

  /// `{height, width, channels}` of u1, as in the card.
  SampleSpec input() const;
  /// Also images of which neither side is larger.
  Result<void> accepts(const SampleSpec& spec) const;
  std::vector<std::string> classes() const;
  /// 128 bits of hash, in hexadecimal, over the bytes of the file and the card.
  std::string fingerprint() const;
  /// libtorch, its instruction set and threads, and the processor.
  std::string computes_with() const;
  AotiModel replicate() const { return *this; }
  std::size_t embedding_dim() const;
  /// Pinned when the device is a GPU; 64-byte aligned.
  std::shared_ptr<std::byte[]> make_slab(std::size_t bytes) const;
  /// See `TorchScriptModel`.
  std::size_t default_executors(std::size_t threads) const;
  std::vector<std::string> notes() const;
  /// As the card says.
  Task task() const { return card().task; }

  const ModelCard& card() const;
  /// "cpu", "cuda:0"
  std::string device() const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace quarry
