#include <algorithm>
#include <dlfcn.h>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>

#include <ATen/ATen.h>
#include <caffe2/serialize/inline_container.h>
#include <torch/csrc/inductor/aoti_package/model_package_loader.h>
#include <torch/version.h>
#if TORCH_VERSION_MAJOR > 2 || TORCH_VERSION_MINOR >= 13
#include <torch/csrc/stable/c/shim.h>
#endif

#include "quarry/core/detail/text.hpp"
#include "quarry/core/error.hpp"
#include "quarry/core/json.hpp"
#include "quarry/model/detail/torch_engine.hpp"
#include "quarry/model/torch_aoti_model.hpp"

#include "torch/bytes_reader.hpp"
#include "torch/device.hpp"
#include "torch/model_file.hpp"

namespace quarry {
namespace {

namespace fs = std::filesystem;
using torch::inductor::AOTIModelPackageLoader;

constexpr std::size_t most_runners = 4096;
/// Below this many rows the compiler takes other ways, and settles for one of
/// the two.
constexpr std::int64_t least_rows = 16;
constexpr const char* how_to_export =
    "compile it with examples/export_aoti.py, or as "
    "docs/reference/model_packages.md says";

[[noreturn]] void not_package(const std::string& name,
                              const std::string& what) {
  raise("model.invalid", name + " is no AOTInductor package: " + what,
        how_to_export);
}

/// What a package says of itself.
struct PackageFacts {
  std::string device;                     // "cpu", "cuda"
  std::vector<std::string> instructions;  // "AVX512", when compiled for a CPU
};

/// Compilers before the current one tell less.
PackageFacts facts_of(const std::string& metadata) {
  const Json facts = Json::parse(metadata, nullptr, /*allow_exceptions=*/false);
  const auto text = [&](const char* key) {
    const auto found = facts.is_object() ? facts.find(key) : facts.end();
    return found != facts.end() && found->is_string()
               ? found->get<std::string>()
               : std::string();
  };
  PackageFacts out{.device = text("AOTI_DEVICE_KEY"), .instructions = {}};
  std::istringstream words(text("AOTI_CPU_ISA"));
  for (std::string word; words >> word;) out.instructions.push_back(word);
  return out;
}

/// Of those that are known: others may be there.
bool processor_has(const std::string& instructions) {
#if defined(__x86_64__)
  if (instructions == "AVX2") return __builtin_cpu_supports("avx2") != 0;
  if (instructions == "AVX512") return __builtin_cpu_supports("avx512bw") != 0;
  if (instructions == "AVX512_VNNI")
    return __builtin_cpu_supports("avx512vnni") != 0;
  if (instructions == "AVX512_BF16")
    return __builtin_cpu_supports("avx512bf16") != 0;
#endif
  return true;
}

PackageFacts read_package(const Bytes& bytes, const std::string& name) {
  if (!bytes.text().starts_with("PK")) {
    not_package(name, bytes.text().empty()
                          ? "it is empty"
                          : "it does not begin as one (truncated, or something "
                            "else)");
  }
  caffe2::serialize::PyTorchStreamReader zip(
      std::make_shared<detail::BytesReader>(bytes));
  bool compiled = false;
  bool exported = false;
  PackageFacts facts;
  for (const std::string& record : zip.getAllRecords()) {
    compiled |= record.starts_with("data/aotinductor/");
    exported |= record.starts_with("models/");
    if (!compiled || !record.ends_with("wrapper_metadata.json")) continue;
    const auto [data, size] = zip.getRecord(record);
    facts = facts_of({static_cast<const char*>(data.get()), size});
  }
  if (compiled) return facts;
  if (zip.hasRecord("constants.pkl")) {
    not_package(name, "it is a TorchScript file, whose name ends in .pt");
  }
  not_package(name, exported ? "it holds a network of torch.export that was "
                               "not compiled"
                             : "it is a zip archive of something else");
}

PackageFacts expect_package(const Bytes& bytes, const std::string& name) {
  try {
    return read_package(bytes, name);
  } catch (const Error& error) {
    raise(error.failure(), error.where());
  } catch (const std::exception& error) {
    not_package(name, "it is a damaged zip archive (" +
                          detail::first_line(error) + ")");
  }
}

/// Compiled code asks for libtorch.so, which a program linked with torch_cpu
/// and c10 has not loaded, and for which dlopen does not search where the
/// program's own libraries were found.
void load_libtorch() {
  static std::once_flag once;
  static std::string problem;
  std::call_once(once, [] {
    const fs::path library = detail::torch_directory() / "libtorch.so";
    if (dlopen(library.c_str(), RTLD_NOW | RTLD_GLOBAL) != nullptr) return;
    const char* reason = dlerror();
    problem = reason == nullptr ? library.string() : reason;
  });
  if (problem.empty()) return;
  raise("model.invalid",
        "AOTInductor packages need libtorch.so, which cannot be loaded: " +
            problem,
        "run src/setup/setup.sh, which mends libtorch from wheels without "
        "their CUDA half");
}

/// The device a package runs on, and what there is to say of the choice.
detail::DeviceChoice choose_device(const PackageFacts& facts,
                                   const std::string& wanted,
                                   const std::string& name) {
  const bool on_cpu = facts.device.empty() || facts.device == "cpu";
  if (on_cpu && wanted == "auto") return {};
  detail::DeviceChoice choice = detail::choose_device(wanted);
  if (choice.device.is_cpu() == on_cpu) return choice;
  std::string why = name + " was compiled for " +
                    (on_cpu ? std::string("cpu") : facts.device);
  for (const std::string& note : choice.notes) why += "; " + note;
  raise("model.device", why + (wanted == "auto" ? "" : ", not for " + wanted),
        "compile it for the device that is there");
}

void expect_instructions(const PackageFacts& facts, const std::string& name) {
  for (const std::string& instructions : facts.instructions) {
    if (processor_has(instructions)) continue;
    raise("model.device",
          name + " was compiled for a processor with " + instructions +
              ", which this one has not",
          "compile it on this kind of machine");
  }
}

std::unique_ptr<AOTIModelPackageLoader> load(const fs::path& file,
                                             const std::string& name,
                                             std::size_t runners,
                                             const c10::Device& device) {
  try {
#if TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR < 8
    static_cast<void>(runners);
    static_cast<void>(device);
    return std::make_unique<AOTIModelPackageLoader>(file.string());
#else
    return std::make_unique<AOTIModelPackageLoader>(
        file.string(), "model", /*run_single_threaded=*/false, runners,
        device.is_cpu() ? c10::DeviceIndex(-1) : device.index());
#endif
  } catch (const std::exception& error) {
    raise("model.invalid",
          name + " cannot be loaded: " + detail::first_line(error),
          "packages run with the libtorch and on the kind of processor they "
          "were compiled for; " +
              std::string(how_to_export));
  }
}

/// Of what fails compiled code says which call it was; libtorch remembers why.
std::vector<at::Tensor> outputs_of(AOTIModelPackageLoader& package,
                                   const at::Tensor& input) {
  try {
    return package.run({input});
  } catch (const std::exception& error) {
#if TORCH_VERSION_MAJOR > 2 || TORCH_VERSION_MINOR >= 13
    const std::string call = detail::first_line(error);
    const char* const why = torch_exception_get_what_without_backtrace();
    if (call.find("API call failed") != call.npos && why != nullptr)
      throw std::runtime_error(std::string(why) + " (" + call + ')');
#endif
    throw;
  }
}

/// Runs a package on a batch, which is filled up with zeros where it has fewer
/// rows than compiled code is sure to take.
detail::NetOutput run(AOTIModelPackageLoader& package, at::Tensor input) {
  const std::int64_t rows = input.size(0);
  if (rows < least_rows) {
    std::vector<std::int64_t> rest = input.sizes().vec();
    rest[0] = least_rows - rows;
    input = at::cat({input, at::zeros(rest, input.options())});
  }
  const std::int64_t padded = input.size(0);
  std::vector<at::Tensor> outputs = outputs_of(package, input.contiguous());
  if (outputs.empty() || outputs.size() > 2) {
    raise("model.output",
          "the package returned " + std::to_string(outputs.size()) + " tensors",
          "a network returns logits [B, C], or (logits, embeddings [B, D])");
  }
  for (at::Tensor& output : outputs) {
    if (output.dim() == 2 && output.size(0) == padded)
      output = output.narrow(0, 0, rows);
  }
  detail::NetOutput named{.logits = outputs[0], .embeddings = {}};
  if (outputs.size() == 2) named.embeddings = outputs[1];
  return named;
}

}  // namespace

struct AotiModel::State {
  std::shared_ptr<const detail::TorchEngine> engine;
  std::string fingerprint;
  std::vector<std::string> notes;
};

AotiModel::AotiModel(const fs::path& file, const AotiOptions& options) {
  if (options.runners > most_runners) {
    raise("model.option",
          "AotiOptions: runners is " + std::to_string(options.runners) +
              ", but must be at most " + std::to_string(most_runners));
  }
  const Bytes bytes = detail::read_model_file(file);
  const std::string name = detail::shown(file);
  const PackageFacts facts = expect_package(bytes, name);
  const std::optional<ModelCard> card = detail::card_for(file, options.card);
  if (!card) {
    fs::path missing = file;
    raise("model.card",
          name + " has no card " +
              detail::shown(missing.replace_extension(".json")),
          "compiled code believes what it is told of its input: write the card "
          "with the size it was compiled for, {\"input\": {\"height\": 32, "
          "\"width\": 32}}");
  }

  const detail::DeviceChoice choice =
      choose_device(facts, options.device, name);
  if (choice.device.is_cpu()) expect_instructions(facts, name);
  load_libtorch();
  const std::size_t runners =
      options.runners > 0
          ? options.runners
          : std::max<std::size_t>(1, std::thread::hardware_concurrency());
  const std::shared_ptr<AOTIModelPackageLoader> package =
      load(file, name, runners, choice.device);

  auto state = std::make_shared<State>();
  state->fingerprint = detail::fingerprint_of(bytes, *card);
  // It was loaded by its name.
  if (detail::fingerprint_of(detail::read_model_file(file), *card) !=
      state->fingerprint) {
    raise("model.changed", name + " has changed while it was loaded",
          "load it again");
  }
  // Compiled code takes the strides it was compiled for as given.
  state->engine = std::make_shared<const detail::TorchEngine>(
      *card, choice.device, at::MemoryFormat::Contiguous, Precision::fp32,
      detail::TorchEngine::Network{[package](const at::Tensor& input) {
        return run(*package, input);
      }});
  state->notes = choice.notes;
  state_ = std::move(state);
}

Predictions AotiModel::infer(const SlabView& slab) {
  return state_->engine->infer(slab);
}

SampleSpec AotiModel::input() const {
  return state_->engine->input();
}

Result<void> AotiModel::accepts(const SampleSpec& spec) const {
  return state_->engine->accepts(spec);
}

std::vector<std::string> AotiModel::classes() const {
  return state_->engine->classes();
}

std::string AotiModel::fingerprint() const {
  return state_->fingerprint;
}

std::string AotiModel::computes_with() const {
  return state_->engine->computes_with();
}

std::size_t AotiModel::embedding_dim() const {
  return state_->engine->embedding_dim();
}

std::size_t AotiModel::default_executors(std::size_t threads) const {
  return state_->engine->default_executors(threads);
}

std::shared_ptr<std::byte[]> AotiModel::make_slab(std::size_t bytes) const {
  return state_->engine->make_slab(bytes);
}

std::vector<std::string> AotiModel::notes() const {
  return state_->notes;
}

const ModelCard& AotiModel::card() const {
  return state_->engine->card();
}

std::string AotiModel::device() const {
  return state_->engine->device().str();
}

}  // namespace quarry
