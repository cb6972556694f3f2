// A network as AOTInductor compiles one, written by hand, so that packages are
// tested without PyTorch's Python: the mean of each channel as logits and, as
// embeddings, the same numbers twice. Linked with libtorch's own
// interface.cpp, which compiled code ends in, too.
//
// QUARRY_OUTPUTS    how many tensors it returns
// QUARRY_ROWS       rows it returns whatever the batch is; 0: as many as that
// QUARRY_MOST       rows that it has memory for; 0: any number
#include <array>
#include <cstdint>
#include <stdexcept>
#include <utility>

#include <torch/csrc/inductor/aoti_runtime/interface.h>
#include <torch/csrc/inductor/aoti_runtime/model.h>

// Where the linker puts the constants, of which there are none.
std::uint8_t _binary_constants_bin_start[1] = {0};
std::uint8_t _binary_constants_bin_end[1] = {0};

namespace torch::aot_inductor {
namespace {

constexpr int outputs = QUARRY_OUTPUTS;
constexpr std::int64_t fixed_rows = QUARRY_ROWS;
constexpr std::int64_t most_rows = QUARRY_MOST;

AtenTensorHandle floats(std::int64_t rows, std::int64_t columns) {
  const std::array<std::int64_t, 2> sizes{rows, columns};
  const std::array<std::int64_t, 2> strides{columns, 1};
  AtenTensorHandle tensor = nullptr;
  AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_empty_strided(
      2, sizes.data(), strides.data(), aoti_torch_dtype_float32(),
      aoti_torch_device_type_cpu(), 0, &tensor));
  return tensor;
}

float* data_of(AtenTensorHandle tensor) {
  void* data = nullptr;
  AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_get_data_ptr(tensor, &data));
  return static_cast<float*>(data);
}

}  // namespace

AOTInductorModel::AOTInductorModel(
    std::shared_ptr<ConstantMap> constants,
    std::shared_ptr<std::vector<ConstantHandle>> array,
    const std::string& device, std::optional<std::string> cubins)
    : AOTInductorModelBase(1, outputs, 0, device, std::move(cubins)) {
  inputs_info_[0].name = "x";
  for (auto& output : outputs_info_) output.name = "y";
  in_spec_ = "[]";
  out_spec_ = "[]";
  update_constants_map(std::move(constants));
  update_constants_array(std::move(array));
}

std::unordered_map<std::string, AtenTensorHandle>
AOTInductorModel::const_run_impl(DeviceStreamType, AOTIProxyExecutorHandle,
                                 bool) {
  return {};
}

void AOTInductorModel::_const_run_impl(std::vector<AtenTensorHandle>&,
                                       DeviceStreamType,
                                       AOTIProxyExecutorHandle) {}

void AOTInductorModel::run_impl(AtenTensorHandle* inputs,
                                AtenTensorHandle* results, DeviceStreamType,
                                AOTIProxyExecutorHandle) {
  const RAIIAtenTensorHandle x(std::exchange(inputs[0], nullptr));
  std::int64_t* sizes = nullptr;
  AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_get_sizes(x, &sizes));
  const std::int64_t rows = sizes[0];
  const std::int64_t channels = sizes[1];
  const std::int64_t pixels = sizes[2] * sizes[3];
  if (pixels > 4096) throw std::runtime_error("images are too large");
  if (most_rows > 0 && rows > most_rows)
    const RAIIAtenTensorHandle more_than_there_is(floats(1LL << 50, 1));

  for (int i = 0; i < outputs; ++i) {
    const std::int64_t columns = channels * (i + 1);
    const std::int64_t out_rows = fixed_rows > 0 ? fixed_rows : rows;
    results[i] = floats(out_rows, columns);
    float* to = data_of(results[i]);
    for (std::int64_t r = 0; r < out_rows; ++r) {
      for (std::int64_t c = 0; c < columns; ++c) {
        const float* from =
            data_of(x) + ((r % rows) * channels + c % channels) * pixels;
        double sum = 0;
        for (std::int64_t p = 0; p < pixels; ++p) sum += from[p];
        *to++ = static_cast<float>(sum / static_cast<double>(pixels));
      }
    }
  }
}

void AOTInductorModel::run_impl_minimal_arrayref_interface_v2_raw(
    const AOTInductorArrayRefTensor*, AOTInductorArrayRefTensor*,
    DeviceStreamType, AOTIProxyExecutorHandle) {}

}  // namespace torch::aot_inductor
