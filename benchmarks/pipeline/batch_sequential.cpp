// The same as sequential, batch by batch: one batch is fetched, decoded and
// inferred before the next is asked for.
//
//   batch_sequential --model M.pt --list LIST.txt [--threads 2] [--batch 128]
//       [--server PIDS] and the flags of limit_bare_inference

#include "stages.hpp"

int main(int argc, char** argv) {
  return run_benchmark("batch_sequential", [&] {
    const Flags flags = stage_flags(argc, argv);
    run_stages("batch_sequential", flags, flags.count("batch"));
  });
}
