#include "quarry/model/torch_nets.hpp"

#include <cmath>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>

#include <ATen/ATen.h>
#include <caffe2/serialize/inline_container.h>
#include <torch/csrc/jit/api/module.h>

#include "quarry/core/json.hpp"
#include "quarry/core/npy.hpp"
#include "quarry/core/random.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "support.hpp"
#include "temp_dir.hpp"

using namespace quarry;
using namespace quarry::test;
namespace fs = std::filesystem;
namespace nn = torch::nn;

namespace {

struct Named {
  std::string name;
  std::string dtype;
  std::vector<std::int64_t> shape;
};

/// What torchvision's resnet18 calls its parameters and buffers.
std::vector<Named> torchvision_names(ResNetStem stem) {
  std::vector<Named> names;
  std::ifstream file(golden("resnet18.txt"));
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    Named named;
    words >> named.name >> named.dtype;
    for (std::int64_t extent = 0; words >> extent;) {
      named.shape.push_back(extent);
    }
    if (named.name == "conv1.weight" && stem == ResNetStem::cifar) {
      named.shape = {64, 3, 3, 3};
    }
    names.push_back(named);
  }
  return names;
}

std::size_t count_of(const std::vector<std::int64_t>& shape) {
  std::size_t count = 1;
  for (const std::int64_t extent : shape) {
    count *= static_cast<std::size_t>(extent);
  }
  return count;
}

/// The weights of tests/goldens/model/make.py.
std::vector<float> golden_weights(const Named& named) {
  const std::size_t count = count_of(named.shape);
  const std::vector<double> u = golden_values(named.name, count);
  const bool matrix = named.shape.size() > 1;
  const double inputs =
      matrix ? static_cast<double>(count) / static_cast<double>(named.shape[0])
             : 1.0;
  std::vector<float> weights(count);
  for (std::size_t i = 0; i < count; ++i) {
    double w = 0.1 * u[i];
    if (named.name.ends_with("running_var")) {
      w = 1.0 + 0.5 * u[i];
    } else if (matrix) {
      w = u[i] * std::sqrt(3.0 / inputs);
    } else if (named.name.ends_with("weight")) {
      w = 1.0 + 0.2 * u[i];
    }
    weights[i] = static_cast<float>(w);
  }
  return weights;
}

/// A safetensors file, written without Quarry's help.
std::string safetensors(const std::vector<Named>& names) {
  Json header = Json::object();
  header["__metadata__"] = {{"format", "pt"}};
  std::string data;
  for (const Named& named : names) {
    const bool floats = named.dtype == "float32";
    const std::size_t begin = data.size();
    if (floats) {
      const std::vector<float> weights = golden_weights(named);
      data.append(reinterpret_cast<const char*>(weights.data()),
                  weights.size() * sizeof(float));
    } else {
      data.append(8 * count_of(named.shape), '\0');
    }
    header[named.name] = {{"dtype", floats ? "F32" : "I64"},
                          {"shape", named.shape},
                          {"data_offsets", {begin, data.size()}}};
  }
  const std::string text = header.dump();
  std::string file(8, '\0');
  const std::uint64_t size = text.size();
  std::memcpy(file.data(), &size, 8);
  return file + text + data;
}

at::Tensor golden_input(std::int64_t size) {
  const auto count = static_cast<std::size_t>(4 * 3 * size * size);
  const std::vector<double> u = golden_values("input", count);
  return (at::tensor(u) * 2).to(at::kFloat).view({4, 3, size, size});
}

std::string weights_error(torch::nn::Module& net, const fs::path& file) {
  return error_id([&] { load_weights(net, file); });
}

/// A network whose state_dict tests/goldens/model/make.py has written.
struct TinyImpl : nn::Module {
  TinyImpl() {
    conv = register_module("conv", nn::Conv2d(2, 3, 1));
    bn = register_module("bn", nn::BatchNorm2d(3));
  }
  nn::Conv2d conv{nullptr};
  nn::BatchNorm2d bn{nullptr};
};
TORCH_MODULE(Tiny);

}  // namespace

TEST_CASE("resnet18 with torchvision's weights gives torchvision's logits") {
  struct Case {
    ResNetStem stem;
    std::int64_t size;
    std::string file;
  };
  const Case c =
      GENERATE(values<Case>({{ResNetStem::imagenet, 64, "imagenet_64"},
                             {ResNetStem::imagenet, 32, "imagenet_32"},
                             {ResNetStem::cifar, 32, "cifar_32"}}));
  const TempDir dir;
  const fs::path file =
      dir.write("resnet18.safetensors", safetensors(torchvision_names(c.stem)));
  ResNet18 net(ResNet18Options{.classes = 10, .stem = c.stem});
  load_weights(*net, file);
  net->eval();
  const at::NoGradGuard guard;
  const auto [logits, embeddings] = net->forward(golden_input(c.size));
  const std::vector<float> wanted =
      read_npy(golden("resnet18_" + c.file + ".npy")).as<float>();
  REQUIRE(logits.numel() == 40);
  CHECK(embeddings.size(1) == 512);
  for (int i = 0; i < 40; ++i) {
    const double difference = logits[i / 10][i % 10].item<double>() - wanted[i];
    CHECK(std::abs(difference) < 1e-4);  // false of NaN
  }
}

TEST_CASE("resnet18 names its parameters as torchvision does") {
  ResNet18 net(ResNet18Options{.classes = 10});
  std::map<std::string, std::vector<std::int64_t>> ours;
  for (const auto& item : net->named_parameters()) {
    ours[item.key()] = item.value().sizes().vec();
  }
  for (const auto& item : net->named_buffers()) {
    ours[item.key()] = item.value().sizes().vec();
  }
  std::map<std::string, std::vector<std::int64_t>> theirs;
  for (const Named& named : torchvision_names(ResNetStem::imagenet)) {
    theirs[named.name] = named.shape;
  }
  CHECK(theirs.size() == 122);
  CHECK(ours == theirs);
}

TEST_CASE("weights come out of every format that torch.save and others write") {
  const std::string name = GENERATE("ordered.pth", "plain.pth");
  Tiny net;
  load_weights(*net, golden(name));
  std::vector<std::pair<std::string, at::Tensor>> all;
  for (const auto& i : net->named_parameters())
    all.emplace_back(i.key(), i.value());
  for (const auto& i : net->named_buffers())
    all.emplace_back(i.key(), i.value());
  REQUIRE(all.size() == 7);
  for (const auto& [key, tensor] : all) {
    INFO(name << ": " << key);
    if (key == "bn.num_batches_tracked") {
      CHECK(tensor.item<std::int64_t>() == 0);
      continue;
    }
    const std::vector<float> wanted =
        golden_weights({key, "float32", tensor.sizes().vec()});
    CHECK(at::equal(tensor.flatten(), at::tensor(wanted)));
  }
}

TEST_CASE("a checkpoint's nested, wrapped and oddly stored weights are found") {
  Tiny plain;
  load_weights(*plain, golden("ordered.pth"));
  Tiny net;
  load_weights(*net, golden("checkpoint.pth"));
  CHECK(at::equal(net->conv->weight, plain->conv->weight));
  CHECK(at::equal(net->conv->bias, plain->conv->bias));
  CHECK(at::equal(net->bn->weight, plain->bn->weight));
  CHECK(at::equal(net->bn->bias, plain->bn->bias));
  CHECK(at::equal(net->bn->running_var, plain->bn->running_var));
  CHECK(net->bn->num_batches_tracked.item<std::int64_t>() == -70000);
}

TEST_CASE("weights that do not fit name what is wrong, and change nothing") {
  const TempDir dir;
  std::vector<Named> names = {{"conv.weight", "float32", {3, 2, 1, 1}},
                              {"conv.bias", "float32", {3}},
                              {"bn.weight", "float32", {3}},
                              {"bn.bias", "float32", {3}},
                              {"bn.running_mean", "float32", {3}},
                              {"bn.running_var", "float32", {3}}};
  Tiny net;
  const auto try_it = [&](const std::vector<Named>& list) {
    const fs::path file = dir.write("w.safetensors", safetensors(list));
    return error_message([&] { load_weights(*net, file); });
  };
  CHECK(try_it(names).empty());  // num_batches_tracked may be missing
  const at::Tensor before = net->conv->weight.clone();

  std::vector<Named> fewer(names.begin() + 1, names.end());
  CHECK(try_it(fewer).find("without conv.weight") != std::string::npos);
  std::vector<Named> more = names;
  more.push_back({"head.weight", "float32", {1}});
  CHECK(try_it(more).find("not in the network: head.weight") !=
        std::string::npos);
  std::vector<Named> other = names;
  other[0].shape = {3, 2, 3, 3};
  CHECK(try_it(other).find(
            "of another shape: conv.weight ([3, 2, 3, 3], not [3, 2, 1, 1])") !=
        std::string::npos);
  CHECK(try_it({}).find("conv.weight, conv.bias, bn.weight and 3 more") !=
        std::string::npos);
  CHECK(at::equal(net->conv->weight, before));
  CHECK(weights_error(*net, dir / "w.safetensors") == "model.weights");
  CHECK(weights_error(*net, dir / "nowhere") == "model.not_found");
}

TEST_CASE("a damaged file of weights is an error, never a crash") {
  const TempDir dir;
  Tiny net;
  CHECK(weights_error(*net, golden("old.pth")) == "model.invalid");
  CHECK(weights_error(*net, dir.write("empty", "")) == "model.invalid");
  CHECK(weights_error(*net, dir.write("text", "hello")) == "model.invalid");
  std::vector<std::string> wholes = {
      slurp(golden("ordered.pth")), slurp(golden("checkpoint.pth")),
      slurp(golden("plain.pth")),
      safetensors({{"conv.weight", "float32", {3, 2, 1, 1}}})};
  RandomStream random(5);
  for (const std::string& whole : wholes) {
    for (int trial = 0; trial < 300; ++trial) {
      std::string bytes = whole;
      if (trial % 3 == 0) bytes.resize(random.below(bytes.size()));
      for (std::uint64_t flips = random.below(6); flips > 0; --flips) {
        if (bytes.empty()) break;
        bytes[random.below(bytes.size())] = static_cast<char>(random());
      }
      const std::string id = weights_error(*net, dir.write("broken", bytes));
      INFO("trial " << trial << ": " << id);
      CHECK((id.empty() || id == "model.invalid" || id == "model.weights"));
    }
  }
}

TEST_CASE("a pickle whose archive is intact may still be anything") {
  // The archive's checksum would hide the reader from damage: the pickle is
  // exchanged for random programs of pickle instructions.
  const TempDir dir;
  RandomStream random(9);
  const std::string alphabet = "(}]).tqhXcRbuseaQ\x85\x86\x87\x93\x94K0M\n";
  for (int trial = 0; trial < 500; ++trial) {
    std::string pickle = "\x80\x02";
    for (std::uint64_t n = random.below(60); n > 0; --n) {
      pickle += random.below(4) == 0 ? static_cast<char>(random.below(256))
                                     : alphabet[random.below(alphabet.size())];
    }
    const fs::path file = dir / "pickle.pth";
    {
      caffe2::serialize::PyTorchStreamWriter writer(file.string());
      writer.writeRecord("data.pkl", pickle.data(), pickle.size());
      writer.writeRecord("data/0", "abcd", 4);
    }
    Tiny net;
    const std::string id = weights_error(*net, file);
    INFO("trial " << trial << ": " << id);
    CHECK((id == "model.invalid" || id == "model.weights"));
  }
}

TEST_CASE("a pickle may hold itself, and be as deep as it is long") {
  const TempDir dir;
  const auto error_of = [&](const std::string& pickle) {
    const fs::path file = dir / "pickle.pth";
    {
      caffe2::serialize::PyTorchStreamWriter writer(file.string());
      writer.writeRecord("data.pkl", pickle.data(), pickle.size());
    }
    Tiny net;
    return weights_error(*net, file);
  };
  const auto text = [](const std::string& name) {
    return "X" + std::string(1, static_cast<char>(name.size())) +
           std::string(3, '\0') + name;
  };
  const std::string zero(1, '\0');
  const std::string key = text("state_dict");
  // d = {}; d["state_dict"] = d
  CHECK(error_of("}q" + zero + key + "h" + zero + "s.") == "model.weights");
  // {"state_dict": {"state_dict": … {}}}, and lists in lists in a dictionary
  std::string dicts, ends, lists, appends;
  for (int level = 0; level < 300'000; ++level) {
    dicts += '}' + key;
    ends += 's';
    lists += ']';
    appends += 'a';
  }
  CHECK(error_of(dicts + "}" + ends + ".") == "model.weights");
  CHECK(error_of("}" + text("x") + lists + "]" + appends + "s.") ==
        "model.weights");
  CHECK(error_of("]q" + zero + "h" + zero + "a.") == "model.invalid");
}

TEST_CASE("the seed alone decides the weights of a network") {
  at::manual_seed(1);
  const SmallCnn first(SmallCnnOptions{.seed = 5});
  at::manual_seed(2);
  const SmallCnn second(SmallCnnOptions{.seed = 5});
  const SmallCnn third(SmallCnnOptions{.seed = 6});
  for (const auto& item : first->named_parameters()) {
    INFO(item.key());
    CHECK(at::equal(item.value(), second->named_parameters()[item.key()]));
    if (item.value().dim() > 1) {
      CHECK_FALSE(
          at::equal(item.value(), third->named_parameters()[item.key()]));
    }
  }
  // The stated distribution, drawn from the stated stream.
  RandomStream stream =
      RandomStream(5).derive("weights").derive("conv2").derive("weight");
  const at::Tensor w = first->conv2->weight.flatten();
  const double deviation = std::sqrt(2.0 / (64 * 9));
  for (int i = 0; i < 100; ++i) {
    CHECK(w[i].item<double>() == Approx(deviation * stream.normal()));
  }
  CHECK(w.std().item<double>() == Approx(deviation).epsilon(0.03));
  CHECK(first->fc->weight.abs().max().item<double>() <= 1 / std::sqrt(128.0));
  CHECK(at::equal(first->bn3->weight, at::ones({128})));
}

TEST_CASE("making a network leaves libtorch's own generator alone") {
  at::manual_seed(42);
  const at::Tensor expected = at::rand({4});
  at::manual_seed(42);
  const ResNet18 net(ResNet18Options{.classes = 3});
  CHECK(at::equal(at::rand({4}), expected));
}

TEST_CASE("networks of impossible sizes are refused") {
  CHECK(error_id([] { SmallCnn(SmallCnnOptions{.classes = 0}); }) ==
        "model.option");
  CHECK(error_id([] { SmallCnn(SmallCnnOptions{.channels = 0}); }) ==
        "model.option");
  CHECK(error_id([] {
          ResNet18(ResNet18Options{.classes = std::size_t{1} << 40});
        }) == "model.option");
}
