#include "strategy/shipped.hpp"

#include <string>
#include <utility>

#include "quarry/strategy/submodular/disparity.hpp"
#include "quarry/strategy/submodular/facility_location.hpp"
#include "quarry/strategy/submodular/graph_cut.hpp"
#include "quarry/strategy/submodular/log_det.hpp"

#include "strategy/kernel_params.hpp"
#include "strategy/submodular/greedy_params.hpp"

namespace quarry::detail {

namespace {

/// `options` makes the function's options from the parameters.
template <class Function>
RegisteredStrategy maximised(
    StrategyInfo info, typename Function::Options (*options)(StrategyParams&),
    bool searches = false) {
  info.family = "submodular";
  info.needs = Maximise<Function>::needs();
  info.params += std::string(info.params.empty() ? "" : " ") +
                 "similarity=cosine sigma=1 normalize=true";
  return {std::move(info), [options, searches](StrategyParams& params) {
            return with_kernel(params, "similarity", "cosine",
                               [&]<class Kernel>(const Kernel& kernel) {
                                 using Strategy = Maximise<Function, Kernel>;
                                 typename Strategy::Options made{
                                     .kernel = kernel,
                                     .function = options(params)};
                                 if (searches)
                                   made.greedy = greedy_options(params);
                                 return AnyStrategy(Strategy(std::move(made)));
                               });
          }};
}

template <class Function>
typename Function::Options no_options(StrategyParams&) {
  return {};
}

}  // namespace

std::vector<RegisteredStrategy> submodular_strategies() {
  return {
      maximised<FacilityLocationFunction>(
          {.name = FacilityLocationFunction::name,
           .summary = "represents the pool: every sample has one like it that "
                      "is labelled or picked",
           .params = "optimizer=lazy epsilon=0.1",
           .cost = "O(N^2 D), never N^2 memory",
           .paper = "Cornuejols, Fisher & Nemhauser 1977; Wei, Iyer & Bilmes "
                    "2015"},
          no_options<FacilityLocationFunction>, true),
      maximised<GraphCutFunction>(
          {.name = GraphCutFunction::name,
           .summary = "like much of the pool, and unlike what is labelled or "
                      "picked",
           .params = "lambda=0.5",
           .cost = "O(N^2 D)",
           .paper = "Wei, Iyer & Bilmes 2015; Iyer, Khargoankar, Bilmes & "
                    "Asnani 2021"},
          [](StrategyParams& params) {
            return GraphCutFunction::Options{params.number("lambda", 0.5, 0)};
          }),
      maximised<LogDetFunction>(
          {.name = LogDetFunction::name,
           .summary = "spans the largest volume: a determinantal point "
                      "process, greedily",
           .params = "lambda=1",
           .cost = "O(N (L + b) (D + L + b))",
           .paper = "Chen, Zhang & Zhou 2018; Kulesza & Taskar 2012"},
          [](StrategyParams& params) {
            return LogDetFunction::Options{params.number("lambda", 1.0, 0)};
          }),
      maximised<DisparityMinFunction>(
          {.name = DisparityMinFunction::name,
           .summary = "keeps picks apart: the largest least distance",
           .cost = "O(N (L + b) D)",
           .paper = "Dasgupta, Kumar & Ravi 2013"},
          no_options<DisparityMinFunction>),
      maximised<DisparitySumFunction>(
          {.name = DisparitySumFunction::name,
           .summary = "keeps picks apart: the largest sum of distances",
           .cost = "O(N (L + b) D)",
           .paper = "Dasgupta, Kumar & Ravi 2013"},
          no_options<DisparitySumFunction>),
  };
}

}  // namespace quarry::detail
