#include "torch/device_batches.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <thread>

#include <ATen/ATen.h>
#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace quarry::detail {

/// A batch's streams and memory.
class DeviceBatches::Lane final : public DeviceLane {
 public:
  Lane(c10::Device device, c10::Device memory)
      : memory_(memory),
        device_(device.type()),
        copies_(device_.getStreamFromGlobalPool(device)),
        kernels_(device_.getStreamFromGlobalPool(device)),
        passed_(device.type()),
        done_(device.type()) {}

  std::vector<Matrix> through(const at::Tensor& host, const Compute& compute) {
    std::vector<at::Tensor> computed;  // lives until all is done
    run([&] { copy_in(host); }, [&] { computed = compute(input_); },
        [&] { copy_out(computed); });
    return to_matrices(results_);
  }

 private:
  void copy_in(const at::Tensor& host) {
    if (!input_.defined() || input_.sizes() != host.sizes() ||
        input_.scalar_type() != host.scalar_type()) {
      input_.reset();  // first: there may not be room for both
      input_ = at::empty(host.sizes(), host.options().device(memory_));
    }
    input_.copy_(host, /*non_blocking=*/true);
  }

  void copy_out(const std::vector<at::Tensor>& computed) {
    const auto pinned =
        at::TensorOptions(at::kFloat).pinned_memory(!memory_.is_cpu());
    results_.resize(computed.size());
    for (std::size_t i = 0; i < computed.size(); ++i) {
      at::Tensor& result = results_[i];
      if (!result.defined() || result.sizes() != computed[i].sizes())
        result = at::empty(computed[i].sizes(), pinned);
      result.copy_(computed[i], /*non_blocking=*/true);
    }
  }

  void follow_caller() override {
    passed_.record(device_.getStream(copies_.device()));
    passed_.block(copies_);
    passed_.block(kernels_);
  }

  void put(Queue queue, const Begin& begin) override {
    const c10::StreamGuard guard(queue == Queue::copies ? copies_ : kernels_);
    begin();
  }

  void follow_copies() override {
    passed_.record(copies_);
    passed_.block(kernels_);
  }

  void wait() override {
    done_.record(kernels_);
    // An event that is waited for may keep a core busy, which decoding needs.
    while (!done_.query())
      std::this_thread::sleep_for(std::chrono::microseconds(50));
  }

  c10::Device memory_;
  c10::impl::VirtualGuardImpl device_;
  c10::Stream copies_;
  c10::Stream kernels_;
  c10::Event passed_;
  c10::Event done_;
  /// Made on the stream of copies and, since that may reuse its memory once it
  /// is gone, kept until the kernels are done.
  at::Tensor input_;
  std::vector<at::Tensor> results_;  // pinned
};

std::vector<Matrix> to_matrices(const std::vector<at::Tensor>& tensors) {
  std::vector<Matrix> matrices;
  for (const at::Tensor& tensor : tensors) {
    Matrix& matrix = matrices.emplace_back(tensor.size(0), tensor.size(1));
    at::from_blob(matrix.data(), tensor.sizes(), at::kFloat).copy_(tensor);
  }
  return matrices;
}

DeviceBatches::DeviceBatches(c10::Device device, c10::Device memory)
    : lanes_([=] { return std::make_unique<Lane>(device, memory); }) {}

DeviceBatches::~DeviceBatches() = default;

std::vector<Matrix> DeviceBatches::run(const at::Tensor& host,
                                       const Compute& compute) {
  const LanePool<Lane>::Taken lane(lanes_);
  return lane->through(host, compute);
}

}  // namespace quarry::detail
