#include "torch/weights.hpp"

#include <cstring>
#include <utility>
#include <vector>

#include <ATen/ATen.h>
#include <caffe2/serialize/inline_container.h>

#include "quarry/core/detail/text.hpp"
#include "quarry/core/error.hpp"
#include "quarry/core/json.hpp"
#include "quarry/model/torch_nets.hpp"

#include "torch/bytes_reader.hpp"
#include "torch/device.hpp"
#include "torch/model_file.hpp"
#include "torch/script.hpp"

namespace quarry {
namespace detail {
namespace {

at::ScalarType safetensors_type(const std::string& name) {
  static const std::map<std::string, at::ScalarType> types = {
      {"F64", at::kDouble},    {"F32", at::kFloat}, {"F16", at::kHalf},
      {"BF16", at::kBFloat16}, {"I64", at::kLong},  {"I32", at::kInt},
      {"I16", at::kShort},     {"I8", at::kChar},   {"U8", at::kByte},
      {"BOOL", at::kBool}};
  const auto found = types.find(name);
  if (found == types.end()) {
    raise("model.invalid", "it has tensors of the type " + name);
  }
  return found->second;
}

std::uint64_t header_size(const Bytes& bytes) {
  std::uint64_t size = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    size |= std::to_integer<std::uint64_t>(bytes.data()[i]) << (8 * i);
  }
  return size;
}

}  // namespace

bool is_safetensors(const Bytes& bytes) {
  if (bytes.size() < 10 || bytes.text()[8] != '{') return false;
  return header_size(bytes) <= bytes.size() - 8;
}

NamedTensors read_safetensors(const Bytes& bytes) {
  const std::uint64_t header = header_size(bytes);
  const Json json = parse_json(bytes.text().substr(8, header), "its header");
  const std::string_view data = bytes.text().substr(8 + header);
  NamedTensors tensors;
  for (const auto& [name, entry] : json.items()) {
    if (name == "__metadata__") continue;
    const auto shape = entry.at("shape").get<std::vector<std::int64_t>>();
    const auto range =
        entry.at("data_offsets").get<std::vector<std::uint64_t>>();
    const at::ScalarType type =
        safetensors_type(entry.at("dtype").get<std::string>());
    std::uint64_t size = at::elementSize(type);
    for (const std::int64_t extent : shape) {
      if (extent < 0 || extent > (std::int64_t{1} << 40) ||
          size > (std::uint64_t{1} << 50)) {
        raise("model.invalid", "the shape of " + name + " is none");
      }
      size *= static_cast<std::uint64_t>(extent);
    }
    if (range.size() != 2 || range[0] > range[1] || range[1] > data.size() ||
        range[1] - range[0] != size) {
      raise("model.invalid",
            "the shape of " + name + " and its place do not agree");
    }
    at::Tensor tensor = at::empty(shape, at::TensorOptions(type));
    std::memcpy(tensor.mutable_data_ptr(), data.data() + range[0], size);
    tensors.emplace(name, std::move(tensor));
  }
  return tensors;
}

namespace {

NamedTensors read_script(const Bytes& bytes, const std::string& name) {
  const torch::jit::Module module = load_script(bytes, name, c10::kCPU);
  NamedTensors tensors;
  for (const auto& item : module.named_parameters()) {
    tensors.emplace(item.name, item.value);
  }
  for (const auto& item : module.named_buffers()) {
    tensors.emplace(item.name, item.value);
  }
  return tensors;
}

bool is_script(const Bytes& bytes) {
  caffe2::serialize::PyTorchStreamReader archive(
      std::make_shared<BytesReader>(bytes));
  return archive.hasRecord("constants.pkl");
}

/// Without the "module." that data-parallel training puts before every name.
NamedTensors without_wrapper(NamedTensors tensors) {
  constexpr std::string_view wrapper = "module.";
  for (const auto& [name, tensor] : tensors) {
    if (!name.starts_with(wrapper)) return tensors;
  }
  NamedTensors renamed;
  for (auto& [name, tensor] : tensors) {
    renamed.emplace(name.substr(wrapper.size()), std::move(tensor));
  }
  return renamed;
}

/// "a, b, c and 4 more"
std::string some_of(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < 3; ++i) {
    text += (i == 0 ? "" : ", ") + names[i];
  }
  if (names.size() > 3) {
    text += " and " + std::to_string(names.size() - 3) + " more";
  }
  return text;
}

}  // namespace

NamedTensors read_weights(const Bytes& bytes, const std::string& name) {
  const std::string wanted =
      name +
      " is no file of weights (TorchScript, a state_dict of torch.save, "
      "safetensors)";
  const std::string_view text = bytes.text();
  try {
    if (text.starts_with("PK")) {
      return without_wrapper(is_script(bytes) ? read_script(bytes, name)
                                              : read_state_dict(bytes));
    }
    if (is_safetensors(bytes)) return without_wrapper(read_safetensors(bytes));
  } catch (const Error& error) {
    raise("model.invalid", wanted + ": " + error.message(), error.hint());
  } catch (const std::exception& error) {
    raise("model.invalid", wanted + ": " + first_line(error));
  }
  raise("model.invalid", wanted,
        text.starts_with("\x80")
            ? "it has the old format of torch.save; write it again: "
              "torch.save(torch.load(\"old.pth\"), \"new.pth\")"
            : "");
}

}  // namespace detail

void load_weights(torch::nn::Module& net, const std::filesystem::path& file) {
  const std::string name = detail::shown(file);
  detail::NamedTensors found =
      detail::read_weights(detail::read_model_file(file), name);
  std::vector<std::pair<at::Tensor, at::Tensor>> copies;  // to, from
  std::vector<std::string> missing;
  std::vector<std::string> reshaped;
  const auto take = [&](const std::string& key, const at::Tensor& to) {
    const auto at = found.find(key);
    if (at == found.end()) {
      if (!key.ends_with("num_batches_tracked")) missing.push_back(key);
      return;
    }
    if (at->second.sizes() != to.sizes()) {
      reshaped.push_back(key + " (" + c10::str(at->second.sizes()) + ", not " +
                         c10::str(to.sizes()) + ')');
    }
    copies.emplace_back(to, at->second);
    found.erase(at);
  };
  for (const auto& item : net.named_parameters())
    take(item.key(), item.value());
  for (const auto& item : net.named_buffers()) take(item.key(), item.value());

  std::string complaint;
  const auto complain = [&](const char* what,
                            const std::vector<std::string>& names) {
    if (names.empty()) return;
    complaint += (complaint.empty() ? "" : "; ") + std::string(what) + ' ' +
                 detail::some_of(names);
  };
  std::vector<std::string> unknown;
  for (const auto& entry : found) unknown.push_back(entry.first);
  complain("without", missing);
  complain("of another shape:", reshaped);
  complain("not in the network:", unknown);
  if (!complaint.empty()) {
    raise("model.weights",
          "the weights in " + name + " do not fit: " + complaint,
          "the file must be of the same network, with as many classes and "
          "channels");
  }
  const at::NoGradGuard guard;
  for (auto& [to, from] : copies) to.copy_(from);
}

}  // namespace quarry
