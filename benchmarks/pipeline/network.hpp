#pragma once

#include <cstdint>
#include <dlfcn.h>
#include <stdexcept>
#include <string>
#include <vector>

#include <torch/script.h>

#include "../flags.hpp"

/// "cpu", or "cuda", for which libtorch's other half is loaded.
inline c10::Device device_of(const Flags& flags) {
  const c10::Device device(flags.text("device"));
  if (!device.is_cpu() &&
      dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    throw std::runtime_error(dlerror());
  }
  return device;
}

/// A TorchScript network, with libtorch alone, made ready in one of several
/// ways.
struct Network {
  std::string name;  ///< of the way: "optimized, channels last"
  torch::jit::Module module;
  at::MemoryFormat format;
  at::ScalarType precision;
  float scale;
  at::Tensor mean;  ///< [1, C, 1, 1]
  at::Tensor std;

  /// Probabilities [B, C] of pixels [B, H, W, C], bytes.
  at::Tensor infer(const at::Tensor& pixels) {
    const c10::InferenceMode mode;
    const torch::jit::GraphOptimizerEnabledGuard as_it_is(false);
    const at::Tensor input = pixels.permute({0, 3, 1, 2})
                                 .to(torch::kFloat)
                                 .mul_(scale)
                                 .sub_(mean)
                                 .div_(std)
                                 .to(precision)
                                 .contiguous(format);
    const auto out = module.forward({input});
    const at::Tensor logits = out.isTuple()
                                  ? out.toTupleRef().elements()[0].toTensor()
                                  : out.toTensor();
    return torch::softmax(logits.to(torch::kFloat), 1);
  }
};

/// `flags`, and those that say what the network is, as `run.py` reads them off
/// its card.
inline Flags::Defaults with_network(Flags::Defaults flags) {
  flags.merge(Flags::Defaults{{"model", ""},
                              {"device", "cpu"},
                              {"precision", "fp32"},
                              {"height", "32"},
                              {"width", "32"},
                              {"channels", "3"},
                              {"scale", "0.0039215687"},
                              {"mean", "0,0,0"},
                              {"std", "1,1,1"},
                              {"variant", ""}});
  return flags;
}

/// Bytes of pixels [`batch`, H, W, C].
inline std::vector<std::int64_t> shape_of(const Flags& flags,
                                          std::size_t batch) {
  const auto extent = [&](const char* name) {
    return static_cast<std::int64_t>(flags.count(name));
  };
  return {static_cast<std::int64_t>(batch), extent("height"), extent("width"),
          extent("channels")};
}

/// Every way that works of making the network ready, or the one asked for.
inline std::vector<Network> networks(const Flags& flags) {
  const std::string& asked = flags.text("variant");
  const c10::Device device = device_of(flags);
  const at::Tensor probe =
      torch::zeros(shape_of(flags, 1), torch::kByte).to(device);
  std::vector<Network> all;
  const auto add = [&](const std::string& name, bool optimized,
                       at::MemoryFormat format) {
    if (!asked.empty() && asked != name) return;
    const torch::NoGradGuard guard;
    const auto per_channel = [&](const char* flag) {
      return torch::tensor(flags.reals(flag)).view({1, -1, 1, 1}).to(device);
    };
    Network network{.name = name,
                    .module = torch::jit::load(flags.given("model"), device),
                    .format = format,
                    .precision = flags.text("precision") == "bf16"
                                     ? torch::kBFloat16
                                     : torch::kFloat,
                    .scale = flags.real("scale"),
                    .mean = per_channel("mean"),
                    .std = per_channel("std")};
    network.module.eval();
    network.module.to(network.precision);
    for (const at::Tensor& p : network.module.parameters()) {
      if (p.dim() == 4) p.set_data(p.detach().contiguous(format));
    }
    try {
      network.module = torch::jit::freeze(network.module);
      if (optimized) {
        network.module = torch::jit::optimize_for_inference(network.module);
      }
      network.infer(probe);
    } catch (const std::exception&) {
      return;  // It does not work for every network.
    }
    all.push_back(std::move(network));
  };
  const auto plain = at::MemoryFormat::Contiguous;
  const auto last = at::MemoryFormat::ChannelsLast;
  add("frozen", false, plain);
  add("optimized", true, plain);
  add("frozen, channels last", false, last);
  add("optimized, channels last", true, last);
  if (all.empty()) throw std::invalid_argument("no such variant works");
  return all;
}
