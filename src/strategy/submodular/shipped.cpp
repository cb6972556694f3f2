#include "strategy/shipped.hpp"

#include <string>
#include <utility>

#include "quarry/strategy/submodular/disparity.hpp"
#include "quarry/strategy/submodular/facility_location.hpp"
#include "quarry/strategy/submodular/graph_cut.hpp"
#include "quarry/strategy/submodular/log_det.hpp"
#include "quarry/strategy/submodular/sparse_facility_location.hpp"

#include "strategy/kernel_params.hpp"
#include "strategy/submodular/greedy_params.hpp"

namespace quarry::detail {

namespace {

template <class Function>
AnyStrategy maximise(StrategyParams& params,
                     const typename Function::Options& options,
                     const GreedyOptions& greedy = {}) {
  return with_kernel(
      params, "similarity", "cosine", [&]<class Kernel>(const Kernel& kernel) {
        return AnyStrategy(Maximise<Function, Kernel>(
            {.kernel = kernel, .function = options, .greedy = greedy}));
      });
}

AnyStrategy facility_location(StrategyParams& params) {
  const std::size_t neighbours = params.count("neighbours", 0);
  const GreedyOptions greedy = greedy_options(params);
  if (neighbours == 0) {
    return maximise<FacilityLocationFunction>(params, {}, greedy);
  }
  return maximise<SparseFacilityLocationFunction>(
      params, {.neighbours = neighbours}, greedy);
}

template <class Function>
AnyStrategy without_options(StrategyParams& params) {
  return maximise<Function>(params, {});
}

template <class Function>
RegisteredStrategy maximised(StrategyInfo info,
                             AnyStrategy (*make)(StrategyParams&)) {
  info.family = "submodular";
  info.needs = Maximise<Function>::needs();
  info.params += std::string(info.params.empty() ? "" : " ") +
                 "similarity=cosine sigma=1 normalize=true";
  return {std::move(info), make};
}

}  // namespace

std::vector<RegisteredStrategy> submodular_strategies() {
  return {
      maximised<FacilityLocationFunction>(
          {.name = FacilityLocationFunction::name,
           .summary = "represents the pool: every sample has one like it that "
                      "is labelled or picked",
           .params = "neighbours=0 optimizer=lazy epsilon=0.1",
           .cost = "O(N^2 D), never N^2 memory; with neighbours=k N k",
           .paper = "Cornuejols, Fisher & Nemhauser 1977; Wei, Iyer & Bilmes "
                    "2015"},
          facility_location),
      maximised<GraphCutFunction>(
          {.name = GraphCutFunction::name,
           .summary = "like much of the pool, and unlike what is labelled or "
                      "picked",
           .params = "lambda=0.5",
           .cost = "O(N^2 D)",
           .paper = "Wei, Iyer & Bilmes 2015; Iyer, Khargoankar, Bilmes & "
                    "Asnani 2021"},
          [](StrategyParams& params) {
            return maximise<GraphCutFunction>(
                params, {params.number("lambda", 0.5, 0)});
          }),
      maximised<LogDetFunction>(
          {.name = LogDetFunction::name,
           .summary = "spans the largest volume: a determinantal point "
                      "process, greedily",
           .params = "lambda=1",
           .cost = "O(N (L + b) (D + L + b))",
           .paper = "Chen, Zhang & Zhou 2018; Kulesza & Taskar 2012"},
          [](StrategyParams& params) {
            return maximise<LogDetFunction>(params,
                                            {params.number("lambda", 1.0, 0)});
          }),
      maximised<DisparityMinFunction>(
          {.name = DisparityMinFunction::name,
           .summary = "keeps picks apart: the largest least distance",
           .cost = "O(N (L + b) D)",
           .paper = "Dasgupta, Kumar & Ravi 2013"},
          without_options<DisparityMinFunction>),
      maximised<DisparitySumFunction>(
          {.name = DisparitySumFunction::name,
           .summary = "keeps picks apart: the largest sum of distances",
           .cost = "O(N (L + b) D)",
           .paper = "Dasgupta, Kumar & Ravi 2013"},
          without_options<DisparitySumFunction>),
  };
}

}  // namespace quarry::detail
