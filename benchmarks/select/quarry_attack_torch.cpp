// One selection by an attack: a pipeline reads images of noise from memory, and
// moves each across a boundary of the built-in network small_cnn.
//
//   quarry_attack_torch --strategy deep_fool [--rows 1000] [--budget 100]
//                       [--width 3072] [--labelled 0] [--threads 2]

#include <atomic>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "quarry/core/json.hpp"
#include "quarry/core/random.hpp"
#include "quarry/data/memory_source.hpp"
#include "quarry/decode/raw_decoder.hpp"
#include "quarry/model/torch_net.hpp"
#include "quarry/pipeline/pipeline.hpp"
#include "quarry/strategy/registry.hpp"

#include "../flags.hpp"
#include "cost.hpp"

namespace {

using namespace quarry;

constexpr std::size_t side = 32;  // of images, in pixels
constexpr std::size_t width = side * side * 3;

/// small_cnn with seeded weights, which counts the rows whose gradient somebody
/// asks for.
class CountingNet : public TorchNet {
 public:
  CountingNet()
      : TorchNet(make_net("small_cnn", {.classes = {"0", "1", "2", "3", "4",
                                                    "5", "6", "7", "8", "9"},
                                        .height = side,
                                        .width = side,
                                        .device = "cpu"})) {}

  InputGradient gradient(const Matrix& inputs, const Matrix& cotangent) {
    *asked_ += static_cast<std::size_t>(
        (cotangent.array() != 0.0F).rowwise().any().count());
    return TorchNet::gradient(inputs, cotangent);
  }
  CountingNet replicate() const { return *this; }
  std::size_t asked() const { return *asked_; }

 private:
  std::shared_ptr<std::atomic<std::size_t>> asked_ =
      std::make_shared<std::atomic<std::size_t>>(0);
};

MemorySource noise(std::size_t rows) {
  RandomStream random(1);
  std::vector<MemorySource::Item> items;
  for (std::size_t i = 0; i < rows; ++i) {
    std::string bytes(width, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random.below(256));
    const std::string id = std::to_string(i);
    items.push_back(
        {{.id = id, .uri = "noise:" + id}, Bytes::take(std::move(bytes))});
  }
  return MemorySource(std::move(items));
}

void measure(const Flags& flags) {
  if (flags.count("width") != width || flags.count("labelled") != 0) {
    throw std::invalid_argument("images have 3072 values, and none a label");
  }
  const std::string strategy = flags.given("strategy");
  const CountingNet net;
  PipelineOptions options;
  options.threads = flags.count("threads");
  Pipeline pipeline(noise(flags.count("rows")),
                    RawDecoder({.shape = {side, side, 3}}), net,
                    make_strategy(strategy), options);
  std::size_t picks = 0;
  const Cost cost =
      cost_of([&] { picks = pipeline.select(flags.count("budget")).size(); });
  std::cout << to_line(Json{{"contender", "quarry_attack_torch"},
                            {"strategy", strategy},
                            {"picks", picks},
                            {"needed", net.asked()},
                            {"seconds", cost.seconds},
                            {"cpu_seconds", cost.cpu_seconds},
                            {"peak_kib", cost.peak_kib},
                            {"added_kib", cost.added_kib}})
            << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  return run_benchmark("quarry_attack_torch", [&] {
    measure(Flags(argc, argv,
                  {{"strategy", ""},
                   {"rows", "1000"},
                   {"budget", "100"},
                   {"width", std::to_string(width)},
                   {"labelled", "0"},
                   {"threads", "2"}}));
  });
}
