#include <array>
#include <cstddef>
#include <iostream>

#include <quarry/quarry.hpp>
#include <quarry/version.hpp>

#ifdef QUARRY_HAS_TORCH
#error "the part torch is off"
#endif
namespace quarry {
class TorchScriptModel;
class TorchNet;
}  // namespace quarry

/// Whether a type is defined and not only declared.
template <class T>
concept Defined = requires {
  sizeof(T);
};
static_assert(!Defined<quarry::TorchScriptModel>,
              "what cannot be linked is declared");
static_assert(!Defined<quarry::TorchNet>, "what cannot be linked is declared");

// Two parts, so that a build takes seconds; find_package/ links all of them.
int main() {
  const std::array<std::byte, 12> pixels{std::byte(1), std::byte(2)};
  std::array<std::byte, 12> row{};
  const quarry::Bytes png = quarry::encode_png(pixels, {2, 2}).value();
  const quarry::ImageDecoder decoder({.height = 2, .width = 2});
  std::cout << "quarry " << QUARRY_VERSION << '\n';
  return decoder.decode(png, row).ok() && row == pixels ? 0 : 1;
}
