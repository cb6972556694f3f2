// Uses, of each part that it was built with, something that lives in the part's
// library and not in its headers alone.
#include <array>
#include <iostream>
#include <string>
#include <vector>

#include <quarry/core.hpp>
#include <quarry/version.hpp>

#ifdef USES_quarry
#include <quarry/quarry.hpp>
#define USES_strategy
#define USES_decode
#define USES_pipeline
#endif

#ifdef USES_strategy
#include <quarry/strategy.hpp>

/// Two of three points on a line: one end, then the other.
bool picks() {
  const quarry::Matrix points{{0.0F}, {1.0F}, {9.0F}};
  const quarry::PoolView pool(
      {.rows = 3,
       .inputs = {{"embeddings", quarry::ArrayView(points.data(), {3, 1})}},
       .candidates = {0, 1},
       .labelled = {2},
       .keys = quarry::row_keys(3, 0)});
  quarry::SelectContext context;
  const auto chosen = quarry::select_from(quarry::KCenter(), pool, 1, context);
  return chosen.size() == 1 && chosen.picks[0].index == 0;
}
#endif

#ifdef USES_decode
#include <quarry/decode.hpp>

std::vector<std::byte> ramp() {
  std::vector<std::byte> pixels(8 * 8 * 3);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = std::byte(i);
  return pixels;
}

/// What goes into a PNG comes out of it.
bool decodes() {
  const quarry::Bytes png = quarry::encode_png(ramp(), {8, 8}).value();
  std::vector<std::byte> row(8 * 8 * 3);
  const quarry::ImageDecoder decoder({.height = 8, .width = 8});
  return decoder.decode(png, row).ok() && row == ramp();
}
#endif

#ifdef USES_pipeline
#include <quarry/data.hpp>
#include <quarry/decode.hpp>
#include <quarry/model.hpp>
#include <quarry/pipeline.hpp>
#include <quarry/strategy.hpp>

/// A pool whose type only running it tells, through the whole graph.
bool runs() {
  const std::array<std::byte, 12> pixels{};
  const quarry::Bytes png = quarry::encode_png(pixels, {2, 2}).value();
  const quarry::AnySource pool = quarry::MemorySource(
      {{{"a", "memory:a"}, png}, {{"b", "memory:b"}, png}});
  quarry::Pipeline pipeline(
      pool, quarry::ImageDecoder({.height = 2, .width = 2}),
      quarry::ToyModel({.input = {.shape = {2, 2, 3}}}), quarry::Margin());
  return pipeline.select(1).size() == 1;
}
#endif

#ifdef QUARRY_HAS_TORCH
/// The library that has libtorch in it is linked, and answers.
bool has_torch() {
  try {
    const quarry::TorchScriptModel model("no such file.pt");
  } catch (const quarry::Error& error) {
    return error.id() == "model.not_found";
  }
  return false;
}
#endif

int main() {
  quarry::RandomStream stream(7);
  bool right = stream.below(10) < 10;
#ifdef USES_strategy
  right = right && picks();
#endif
#ifdef USES_decode
  right = right && decodes();
#endif
#ifdef USES_pipeline
  right = right && runs();
#endif
#ifdef QUARRY_HAS_TORCH
  right = right && has_torch();
#endif
  std::cout << "quarry " << QUARRY_VERSION << (right ? ": " : ": not ")
            << "as it should be\n";
  return right ? 0 : 1;
}
