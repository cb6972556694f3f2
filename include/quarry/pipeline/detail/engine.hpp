#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <type_traits>

#include "quarry/data/any_source.hpp"
#include "quarry/decode/any_decoder.hpp"
#include "quarry/model/any_model.hpp"
#include "quarry/pipeline/options.hpp"
#include "quarry/pipeline/selection.hpp"
#include "quarry/strategy/any_strategy.hpp"

namespace quarry::detail {

/// The flow graph, compiled once for all types.
class Engine {
 public:
  Engine(AnySource source, AnyDecoder decoder, AnyModel model,
         AnyStrategy strategy, PipelineOptions options);
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;
  ~Engine();

  Selection select(std::size_t budget);
  ScoredPool score(std::size_t passes);
  const RunSummary& last_run() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// `T`, or what a `std::reference_wrapper<T>` refers to.
template <class T>
struct Unwrapped {
  using type = T;
};
template <class T>
struct Unwrapped<std::reference_wrapper<T>> {
  using type = std::remove_const_t<T>;
};
template <class T>
using UnwrappedT = typename Unwrapped<T>::type;

/// Whether strategy `S` is known, from its type, to need the input `name`.
template <class S>
constexpr bool needs_statically(std::string_view name) {
  if constexpr (requires { std::bool_constant<S::needs().empty()>{}; }) {
    return S::needs().has(name);
  } else {
    return false;
  }
}

}  // namespace quarry::detail
