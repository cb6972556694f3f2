#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <c10/core/InferenceMode.h>

#include "quarry/core/error.hpp"
#include "quarry/strategy/torch_select_device.hpp"

#include "torch/device.hpp"
#include "torch/threads.hpp"

namespace quarry {
namespace {

std::int64_t extent(std::size_t size) {
  return static_cast<std::int64_t>(size);
}

class TorchRows final : public SelectDevice::Rows {
 public:
  explicit TorchRows(at::Tensor rows) : values(std::move(rows)) {}
  const at::Tensor values;  // [N, D]
};

const at::Tensor& values_of(const SelectDevice::Rows& rows) {
  return static_cast<const TorchRows&>(rows).values;
}

/// A vector of integers `[N]` or `[N, M]` on the processor, as so many numbers.
std::vector<std::uint32_t> numbers_of(const at::Tensor& integers) {
  const at::Tensor here = integers.to(at::kCPU).contiguous();
  const std::int64_t* const first = here.const_data_ptr<std::int64_t>();
  std::vector<std::uint32_t> numbers(static_cast<std::size_t>(here.numel()));
  std::transform(first, first + numbers.size(), numbers.begin(),
                 [](std::int64_t i) { return static_cast<std::uint32_t>(i); });
  return numbers;
}

/// What `compute` gives; what libtorch throws is raised as `strategy.device`.
template <class Compute>
auto computed(const Compute& compute) {
  const c10::InferenceMode guard;
  detail::take_threads();
  try {
    return compute();
  } catch (const std::exception& error) {
    raise("strategy.device", detail::first_line(error));
  }
}

class TorchSelectDevice final : public SelectDevice {
 public:
  TorchSelectDevice(c10::Device device, std::size_t memory)
      : device_(device), memory_(memory) {
    expect_floats();
  }

  std::string name() const override { return device_.str(); }
  std::size_t memory() const override { return memory_; }

  std::unique_ptr<Rows> upload(std::span<const float> values,
                               std::size_t width) override {
    return computed([&]() -> std::unique_ptr<Rows> {
      return std::make_unique<TorchRows>(
          there(values).view({-1, extent(width)}));
    });
  }

  Least least(const Sums& sums, std::span<const float> limits,
              std::size_t kept) override {
    return computed([&] {
      return least_of(products(rows_of(sums), values_of(sums.right).t()), sums,
                      limits, kept);
    });
  }

  Least least_outer(const Sums& sums, std::size_t split,
                    std::span<const float> limits, std::size_t kept) override {
    return computed([&] {
      const at::Tensor x = rows_of(sums), y = values_of(sums.right);
      const auto product = [&](std::int64_t first, std::int64_t width) {
        return products(x.narrow(1, first, width),
                        y.narrow(1, first, width).t());
      };
      const std::int64_t part = extent(split);
      at::Tensor p = product(0, part);
      p.mul_(product(part, x.size(1) - part));
      return least_of(p, sums, limits, kept);
    });
  }

  void all(const Sums& sums, std::span<float> out) override {
    computed([&] {
      at::Tensor s = products(values_of(sums.right), rows_of(sums).t());
      at::sub_out(s, there(sums.norms).unsqueeze(1), s, 2);
      here(s, out);
    });
  }

 private:
  /// `least` of the products of rows; it overwrites them.
  Least least_of(at::Tensor s, const Sums& sums, std::span<const float> limits,
                 std::size_t kept) const {
    at::sub_out(s, there(sums.norms), s, 2);
    const at::Tensor rows = s.amin(1).lt(there(limits)).nonzero().squeeze(1);
    if (rows.size(0) != s.size(0)) s = s.index_select(0, rows);
    const std::int64_t k = std::min(extent(kept), s.size(1));
    const auto [values, columns] =
        s.topk(k, 1, /*largest=*/false, /*sorted=*/true);
    Least least{numbers_of(rows), numbers_of(columns),
                std::vector<float>(static_cast<std::size_t>(values.numel()))};
    here(values, least.sums);
    return least;
  }
  static at::Tensor products(const at::Tensor& a, const at::Tensor& b) {
    const at::NoTF32Guard in_float;  // this thread's, and only for now
    return at::mm(a, b);
  }
  static at::Tensor rows_of(const Sums& sums) {
    return values_of(sums.left).narrow(0, extent(sums.first),
                                       extent(sums.count));
  }
  /// A copy on the device.
  at::Tensor there(std::span<const float> values) const {
    // It is only read.
    return at::from_blob(const_cast<float*>(values.data()),
                         {extent(values.size())}, at::kFloat)
        .to(device_, at::kFloat, /*non_blocking=*/false, /*copy=*/true);
  }
  static void here(const at::Tensor& values, std::span<float> out) {
    at::from_blob(out.data(), values.sizes(), at::kFloat).copy_(values);
  }

  /// TF32 has 10 bits after the point, bf16 has 7: products of 1 + 2⁻¹² with 1
  /// tell.
  void expect_floats() const {
    constexpr std::int64_t rows = 512, width = 256;
    constexpr double value = 1.0 + 0x1p-12;
    const double wrong = computed([&] {
      const auto in_float = at::TensorOptions(device_).dtype(at::kFloat);
      const at::Tensor product =
          products(at::full({rows, width}, value, in_float),
                   at::ones({width, rows}, in_float));
      return (product.to(at::kCPU, at::kDouble) - width * value)
          .abs()
          .max()
          .item<double>();
    });
    if (wrong <= width * value * width * 0x1p-24) return;
    raise("strategy.device",
          "products of floats on " + name() + " are off by " +
              std::to_string(wrong / (width * value)) + " of their size",
          "let libtorch multiply in float: "
          "at::globalContext().setFloat32MatmulPrecision(\"highest\")");
  }

  c10::Device device_;
  std::size_t memory_;
};

}  // namespace

void TorchSelectDeviceOptions::validate() const {
  constexpr std::size_t least = std::size_t{1} << 20;
  if (memory >= least) return;
  raise("strategy.device", "memory is " + std::to_string(memory) +
                               ", but must be at least " +
                               std::to_string(least));
}

std::shared_ptr<SelectDevice> torch_select_device(
    const TorchSelectDeviceOptions& options) {
  options.validate();
  const c10::Device device = detail::choose_device(options.device).device;
  if (device.is_cpu() && options.device == "auto") return nullptr;
  return std::make_shared<TorchSelectDevice>(device, options.memory);
}

}  // namespace quarry
