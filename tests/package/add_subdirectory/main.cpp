#include <iostream>

#include <quarry/quarry.hpp>
#include <quarry/version.hpp>

#ifdef QUARRY_HAS_TORCH
#error "the part torch is off"
#endif
namespace quarry {
class TorchScriptModel;
class TorchNet;
}  // namespace quarry

/// Whether a type is defined and not only declared.
template <class T>
concept Defined = requires {
  sizeof(T);
};
static_assert(!Defined<quarry::TorchScriptModel>,
              "what cannot be linked is declared");
static_assert(!Defined<quarry::TorchNet>, "what cannot be linked is declared");

int main() {
  const quarry::Matrix points{{0.0F}, {1.0F}, {9.0F}};
  const quarry::PoolView pool(
      {.rows = 3,
       .inputs = {{"embeddings", quarry::ArrayView(points.data(), {3, 1})}},
       .candidates = {0, 1},
       .labelled = {2},
       .keys = quarry::row_keys(3, 0)});
  quarry::SelectContext context;
  const auto chosen = quarry::select_from(quarry::KCenter(), pool, 1, context);
  std::cout << "quarry " << QUARRY_VERSION << '\n';
  return chosen.size() == 1 && chosen.picks[0].index == 0 ? 0 : 1;
}
