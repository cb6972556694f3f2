#include "model/device_lane.hpp"

namespace quarry::detail {

void DeviceLane::run(const Begin& copy_in, const Begin& compute,
                     const Begin& copy_out) {
  try {
    follow_caller();
    put(Queue::copies, copy_in);
    follow_copies();
    put(Queue::kernels, compute);
    put(Queue::kernels, copy_out);
  } catch (...) {
    try {
      follow_copies();
      wait();
    } catch (...) {
      // What went wrong first is told.
    }
    throw;
  }
  wait();
}

}  // namespace quarry::detail
