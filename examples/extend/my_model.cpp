// The shortest complete Model: predictions for a batch, and what they mean.
//
// It tells dark images from bright ones by their mean.

#include <iomanip>
#include <iostream>
#include <numeric>
#include <string>
#include <vector>

#include "quarry/model/concept.hpp"
#include "quarry/testing/check_model.hpp"

// [type]
struct Brightness {
  quarry::Predictions infer(const quarry::SlabView& slab) {
    quarry::Predictions out;
    out.logits.resize(slab.rows, 2);
    out.embeddings.resize(slab.rows, 0);  // it gives none
    const std::size_t size = slab.spec.bytes();
    for (std::size_t r = 0; r < slab.rows; ++r) {
      float sum = 0;
      for (const std::byte pixel : slab.bytes.subspan(r * size, size)) {
        sum += static_cast<float>(std::to_integer<int>(pixel));
      }
      const float bright = sum / static_cast<float>(size) / 127.5F - 1.0F;
      out.logits.row(r) << -bright, bright;
    }
    out.probabilities = out.logits.array().exp();
    out.probabilities.array().colwise() /=
        out.probabilities.rowwise().sum().array().eval();
    return out;
  }
  quarry::SampleSpec input() const { return {.shape = {8, 8, 1}}; }
  std::vector<std::string> classes() const { return {"dark", "bright"}; }
  std::string fingerprint() const { return "brightness 1"; }
  Brightness replicate() const { return *this; }
};
// [type]

static_assert(quarry::Model<Brightness>);

int main() {
  Brightness model;
  const auto report = quarry::testing::check_model(model, {.tolerance = 1e-6});
  std::cout << "laws: " << (report.ok() ? "all hold\n" : report.text());

  // Two samples of 64 grey pixels: a dark one and a medium one.
  std::vector<std::byte> slab(2 * 64, std::byte{20});
  std::fill(slab.begin() + 64, slab.end(), std::byte{140});
  const auto p = model.infer({slab, 2, model.input()});
  std::cout << std::fixed << std::setprecision(3);
  for (int row = 0; row < 2; ++row) {
    std::cout << "P(dark) " << p.probabilities(row, 0) << ", P(bright) "
              << p.probabilities(row, 1) << '\n';
  }
  return report.ok() ? 0 : 1;
}
