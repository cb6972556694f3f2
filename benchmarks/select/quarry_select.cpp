// One selection by name from a pool that is made up.
//
//   quarry_select --strategy k_center [--rows 40000] [--budget 10000]
//                 [--width 512] [--labelled 1000] [--threads 2] [--dtype f4]
//                 [--passes 10] [--param key=value]

#include "selection.hpp"

int main(int argc, char** argv) {
  return measure(argc, argv, [](const Options&) { return nullptr; });
}
