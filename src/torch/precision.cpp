#include "torch/precision.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <exception>
#include <utility>

#include <ATen/ATen.h>

#include "quarry/core/error.hpp"

#include "model/quickest.hpp"
#include "torch/computed.hpp"
#include "torch/graph_parts.hpp"
#include "torch/onednn.hpp"

namespace quarry::detail {
namespace {

namespace attr = c10::attr;
using torch::jit::Node;

constexpr std::int64_t most_images = 32;
constexpr std::int64_t differ_widely = 8;  // one in so many images

/// Of trial images: of large inputs fewer.
std::int64_t images_for(const ModelCard& card) {
  constexpr std::int64_t most_numbers = 1 << 22;
  const auto numbers =
      static_cast<std::int64_t>(card.height * card.width * card.channels);
  return std::clamp<std::int64_t>(most_numbers / numbers, 2, most_images);
}

/// In batches of at most so many rows.
at::Tensor logits_of(const TorchEngine& engine, const at::Tensor& images,
                     std::size_t batch) {
  std::vector<at::Tensor> parts;
  for (const at::Tensor& some :
       images.split(static_cast<std::int64_t>(batch))) {
    const at::Tensor input =
        some.to(engine.device()).contiguous(engine.format());
    parts.push_back(engine.forward(input).logits.to(at::kCPU, at::kFloat));
  }
  return at::cat(parts);
}

/// What two precisions say of the trial images.
struct Comparison {
  std::int64_t images = 0;
  std::int64_t differ = 0;  ///< of these, how many come out otherwise
  bool finite = true;

  bool widely() const { return differ * differ_widely > images; }
};

/// Images differ whose largest logit is another's (multiclass), or of which a
/// number is off by more than the tolerance.
Comparison compare(const TorchEngine& engine, const TorchEngine& exact,
                   std::size_t batch) {
  return computed(exact.input(), [&] {
    const ModelCard& card = exact.card();
    const at::Tensor images =
        trial_images(card, at::MemoryFormat::Contiguous, images_for(card));
    const at::Tensor wanted = logits_of(exact, images, batch);
    const at::Tensor got = logits_of(engine, images, batch);
    const at::Tensor differ =
        card.task == Task::multiclass
            ? got.argmax(1).ne(wanted.argmax(1))
            : (got - wanted)
                  .abs()
                  .amax(1)
                  .gt(tolerance_of(engine.precision()) * wanted.abs().amax(1));
    return Comparison{.images = images.size(0),
                      .differ = differ.sum().item<std::int64_t>(),
                      .finite = got.isfinite().all().item<bool>() ||
                                !wanted.isfinite().all().item<bool>()};
  });
}

std::string text_of(const Comparison& comparison) {
  return std::to_string(comparison.differ) + " of " +
         std::to_string(comparison.images) +
         " trial images come out otherwise than in fp32";
}

/// What is tried where the fastest is wanted.
std::vector<Precision> alternatives(const TorchEngine& exact) {
  if (exact.device().is_cpu()) return {Precision::bf16};
  return {Precision::bf16, Precision::fp16};
}

double rate_of(const TorchEngine& engine, std::size_t batch) {
  const SampleSpec spec = engine.input();
  const std::vector<std::byte> pixels(batch * spec.bytes());
  const SlabView slab{pixels, batch, spec};
  return static_cast<double>(batch) / quickest([&] { engine.infer(slab); });
}

std::string name(Precision precision) {
  return std::string(name_of(precision));
}

using Make = std::function<std::shared_ptr<const TorchEngine>(Precision)>;

ChosenEngine asked_for(Precision wanted, const TorchEngine& exact,
                       std::size_t batch, const Make& make) {
  const std::string hint = wanted == Precision::fp16 ? "take bf16, fp32 or auto"
                                                     : "take fp32 or auto";
  ChosenEngine chosen;
  Comparison comparison;
  try {
    chosen.engine = make(wanted);
    comparison = compare(*chosen.engine, exact, batch);
  } catch (const Error& error) {
    // A smaller batch helps there, another precision may not.
    if (error.id() == "model.memory") throw;
    raise("model.precision",
          "on " + exact.device().str() + " the network does not run in " +
              name(wanted) + ": " + error.failure().message,
          hint);
  }
  if (!comparison.finite) {
    raise("model.precision",
          "in " + name(wanted) +
              " the network gives NaN or infinite numbers, in fp32 it does not",
          hint);
  }
  if (comparison.widely()) {
    chosen.notes.push_back("in " + name(wanted) + ' ' + text_of(comparison) +
                           ": --precision fp32 tells which picks depend on it");
  }
  return chosen;
}

ChosenEngine fastest(std::shared_ptr<const TorchEngine> exact,
                     std::size_t batch, const Make& make) {
  const auto tell = [](double rate) {
    return std::to_string(std::llround(rate)) + " samples/s";
  };
  ChosenEngine chosen{.engine = exact};
  double best = 0.0;
  std::exception_ptr no_memory;
  std::string measured = "fp32 ";
  try {
    best = rate_of(*exact, batch);
    measured += tell(best);
  } catch (const Error& error) {
    if (error.id() != "model.memory") throw;
    no_memory = std::current_exception();  // another may do with less
    measured += "has too little memory";
  }
  for (const Precision precision : alternatives(*exact)) {
    measured += ", " + name(precision) + ' ';
    try {
      const auto engine = make(precision);
      const double rate = rate_of(*engine, batch);
      const Comparison comparison =
          compare(*engine, *exact, no_memory ? 1 : batch);
      if (!comparison.finite) {
        measured += "is not finite";
      } else if (comparison.widely()) {
        measured += "left out, for " + text_of(comparison);
      } else {
        measured += tell(rate);
        if (rate > best) {
          best = rate;
          chosen.engine = engine;
        }
      }
    } catch (const Error& error) {
      measured += error.id() == "model.memory" ? "has too little memory"
                                               : "does not run";
    }
  }
  if (best == 0.0 && no_memory) std::rethrow_exception(no_memory);
  chosen.notes.push_back("precision auto took " +
                         name(chosen.engine->precision()) + ", in batches of " +
                         std::to_string(batch) + ": " + measured);
  return chosen;
}

}  // namespace

at::ScalarType type_of(Precision precision) {
  QUARRY_EXPECTS(precision != Precision::automatic, "type_of(automatic)");
  if (precision == Precision::bf16) return at::kBFloat16;
  return precision == Precision::fp16 ? at::kHalf : at::kFloat;
}

double tolerance_of(Precision precision) {
  switch (precision) {
    case Precision::bf16:
      return 5e-2;
    case Precision::fp16:
      return 1e-2;
    default:
      return 1e-4;
  }
}

void convert(torch::jit::Graph& graph, at::ScalarType type) {
  for (Node* node : all_nodes(graph)) {
    if (node->kind() != c10::prim::Constant ||
        !node->hasAttribute(attr::value) ||
        node->kindOf(attr::value) != torch::jit::AttributeKind::t) {
      continue;
    }
    const at::Tensor& value = node->t(attr::value);
    if (value.scalar_type() != at::kFloat || value.dim() == 0) continue;
    node->t_(attr::value, value.to(type));
    node->output()->inferTypeFrom(node->t(attr::value));
  }
}

void convert(torch::jit::Module& module, at::ScalarType type) {
  const at::NoGradGuard guard;
  const auto converted = [type](const at::Tensor& tensor) {
    if (tensor.scalar_type() == at::kFloat) tensor.set_data(tensor.to(type));
  };
  for (const at::Tensor& parameter : module.parameters()) converted(parameter);
  for (const at::Tensor& buffer : module.buffers()) converted(buffer);
  convert(*module.get_method("forward").graph(), type);
}

ChosenEngine choose_engine(Precision wanted, std::size_t batch,
                           const Make& make) {
  QUARRY_EXPECTS(batch >= 1, "choose_engine: batch is 0");
  std::shared_ptr<const TorchEngine> exact = make(Precision::fp32);
  ChosenEngine chosen =
      wanted == Precision::fp32 ? ChosenEngine{.engine = std::move(exact)}
      : wanted == Precision::automatic ? fastest(std::move(exact), batch, make)
                                       : asked_for(wanted, *exact, batch, make);
  const std::vector<std::string>& notes = chosen.engine->notes();
  chosen.notes.insert(chosen.notes.end(), notes.begin(), notes.end());
  return chosen;
}

}  // namespace quarry::detail
