// The job stage after stage: all samples are fetched, one after the other, then
// all are decoded, then all are inferred, with all threads inside an operator.
// No line of Quarry: libcurl, libjpeg, libtorch.
//
//   sequential --model M.pt --list LIST.txt [--threads 2] [--batch 128]
//       [--server PIDS] and the flags of limit_bare_inference

#include "stages.hpp"

int main(int argc, char** argv) {
  return run_benchmark("sequential", [&] {
    run_stages("sequential", stage_flags(argc, argv), 0);
  });
}
