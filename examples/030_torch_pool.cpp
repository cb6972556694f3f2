// Picks from a folder of images with a TorchScript model. It runs where
// `quarry demo` left its pool/ and model.pt.

// [main]
#include <iostream>

#include <quarry/quarry.hpp>

int main() {
  auto pool = quarry::DirectorySource("pool/");
  auto decoder = quarry::ImageDecoder({.height = 32, .width = 32});
  auto model = quarry::TorchScriptModel("model.pt", {.device = "auto"});

  auto pipeline = quarry::Pipeline(pool, decoder, model, quarry::Margin());
  quarry::Selection picked = pipeline.select(5);

  for (const auto& pick : picked) {
    std::cout << pick.score << ' ' << pick.id << '\n';
  }
}
// [main]
