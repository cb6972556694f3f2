#include <cmath>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <torch/types.h>

#include "quarry/model/torch_net.hpp"
#include "quarry/model/torch_script_model.hpp"
#include "quarry/testing/check_model.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "script_net.hpp"
#include "support.hpp"
#include "temp_dir.hpp"

using namespace quarry;
using test::error_id;
using test::random_pixels;

namespace {

ModelCard card_4x4() {
  ModelCard card{.height = 4, .width = 4, .channels = 3};
  card.preprocess.mean = {0.4, 0.5, 0.6};
  card.preprocess.std = {0.2, 0.3, 0.4};
  return card;
}

torch::Tensor weights(std::int64_t rows, std::int64_t columns) {
  const auto values = test::golden_values(
      "w", static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns));
  return torch::tensor(values, torch::kDouble)
      .view({rows, columns})
      .to(torch::kFloat);
}

TorchScriptModel saved(const test::TempDir& dir, const std::string& forward) {
  const auto file = dir / "net.pt";
  test::script_net(forward, {{"w", weights(5, 48)}, {"v", weights(3, 5)}})
      .save(file.string());
  return TorchScriptModel(file, {.device = "cpu", .card = card_4x4()});
}

const char* const smooth = R"(
def forward(self, x):
    h = torch.tanh(torch.matmul(x.flatten(1), self.w.t()))
    return torch.matmul(h, self.v.t()), h
)";

/// Σ_c cotangent · logit of one input, in double.
double value_of(const std::vector<double>& x, const std::vector<double>& c) {
  const auto w = test::golden_values("w", 5 * 48);
  double sum = 0.0;
  for (std::size_t k = 0; k < 5; ++k) {
    double h = 0.0;
    for (std::size_t i = 0; i < 48; ++i) h += w[k * 48 + i] * x[i];
    for (std::size_t l = 0; l < 3; ++l)
      sum += c[l] * w[l * 5 + k] * std::tanh(h);
  }
  return sum;
}

}  // namespace

static_assert(DifferentiableModel<TorchScriptModel> &&
              DifferentiableModel<TorchNet>);

TEST_CASE("a TorchScript file's gradient is that of differences in double") {
  const test::TempDir dir;
  TorchScriptModel model = saved(dir, smooth);
  const auto pixels = random_pixels(3, 4, 4);
  const Matrix x = model.preprocess(pixels.view());
  REQUIRE(x.rows() == 3);
  REQUIRE(x.cols() == 48);
  // Channels first, scaled as the card says.
  CHECK(x(1, 16 + 4 * 2 + 3) ==
        Approx((pixels.at(1, 2, 3, 1) / 255.0 - 0.5) / 0.3).epsilon(1e-5));
  Matrix cotangent(3, 3);
  cotangent << 1, 0, 0, 0, -1, 1, 0.5, 0.25, -2;
  const InputGradient given = model.gradient(x, cotangent);
  CHECK(
      (given.logits - model.infer(pixels.view()).logits).cwiseAbs().maxCoeff() <
      1e-4F);
  constexpr double step = 1e-5;
  for (Eigen::Index r = 0; r < 3; ++r) {
    const std::vector<double> c(cotangent.row(r).begin(),
                                cotangent.row(r).end());
    for (Eigen::Index i = 0; i < 48; ++i) {
      std::vector<double> at(x.row(r).begin(), x.row(r).end());
      at[static_cast<std::size_t>(i)] += step;
      const double above = value_of(at, c);
      at[static_cast<std::size_t>(i)] -= 2 * step;
      const double slope = (above - value_of(at, c)) / (2 * step);
      CHECK(given.gradient(r, i) == Approx(slope).epsilon(1e-3).margin(1e-5));
    }
  }
  const auto report = testing::check_model(model, {.batch = 8});
  INFO(report.text());
  CHECK(report.ok());
}

TEST_CASE("a network that writes to its input has a gradient all the same") {
  const test::TempDir dir;
  TorchScriptModel model = saved(dir, R"(
def forward(self, x):
    x.mul_(2.0)
    h = torch.tanh(torch.matmul(x.flatten(1), self.w.t()))
    return torch.matmul(h, self.v.t())
)");
  const auto pixels = random_pixels(2, 4, 4);
  const Matrix x = model.preprocess(pixels.view());
  const Matrix before = x;
  const InputGradient given = model.gradient(x, Matrix::Ones(2, 3));
  CHECK(x == before);
  CHECK(given.gradient.norm() > 0);
}

TEST_CASE("what has no gradient is told, what has none to give is 0") {
  const test::TempDir dir;
  const auto pixels = random_pixels(2, 4, 4);
  {
    TorchScriptModel model = saved(dir, R"(
def forward(self, x):
    h = torch.matmul(x.flatten(1).detach(), self.w.t())
    return torch.matmul(h, self.v.t())
)");
    const Matrix x = model.preprocess(pixels.view());
    CHECK(error_id([&] { model.gradient(x, Matrix::Ones(2, 3)); }) ==
          "model.infer");
    // Logits alone can be had.
    CHECK(model.gradient(x, Matrix::Zero(2, 3)).gradient.isZero(0));
  }
  TorchScriptModel model = saved(dir, smooth);
  const Matrix x = model.preprocess(pixels.view());
  CHECK(model.gradient(Matrix(0, 48), Matrix(0, 3)).logits.rows() == 0);
  CHECK(error_id([&] { model.gradient(x, Matrix::Ones(1, 3)); }) ==
        "model.input");
  CHECK(error_id([&] { model.gradient(x, Matrix::Ones(2, 4)); }) ==
        "model.input");
  CHECK(error_id([&] {
          model.gradient(Matrix::Ones(2, 47), Matrix::Ones(2, 3));
        }) == "model.input");
}

TEST_CASE("a file that changed before its gradient was asked for is told") {
  const test::TempDir dir;
  TorchScriptModel model = saved(dir, smooth);
  const Matrix x = model.preprocess(random_pixels(1, 4, 4).view());
  dir.write("net.pt", "another");
  CHECK(error_id([&] { model.gradient(x, Matrix::Ones(1, 3)); }) ==
        "model.changed");
}
