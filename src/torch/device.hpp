#pragma once

#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include <c10/core/Device.h>

namespace quarry::detail {

struct DeviceChoice {
  c10::Device device = c10::kCPU;
  std::vector<std::string> notes = {};
};

/// The device that `wanted` ("auto", "cpu", "cuda", "cuda:1") names. Raises
/// `model.device`.
DeviceChoice choose_device(const std::string& wanted);

/// The directory of the libtorch_cpu.so in this process; empty when libtorch is
/// linked in statically.
std::filesystem::path torch_directory();

/// What an exception of libtorch says to an operator: its first line, without
/// the C++ backtrace.
std::string first_line(const std::exception& error);

}  // namespace quarry::detail
