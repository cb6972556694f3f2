// quarry doctor: what this program is made of, what it can run on, and what is
// missing.
#include <optional>
#include <thread>

#include <Eigen/Core>
#include <fmt/format.h>
#ifdef QUARRY_HAS_JEMALLOC
#include <jemalloc/jemalloc.h>
#endif
#include <oneapi/tbb/info.h>
#include <oneapi/tbb/version.h>

#include "quarry/core/json.hpp"
#include "quarry/version.hpp"

#include "commands/commands.hpp"
#include "libtorch/libtorch.hpp"
#include "output/result.hpp"
#include "output/table.hpp"

namespace quarry::cli {
namespace {

std::string compiler() {
#if defined(__clang__)
  return fmt::format("clang {}.{}.{}", __clang_major__, __clang_minor__,
                     __clang_patchlevel__);
#else
  return fmt::format("g++ {}.{}.{}", __GNUC__, __GNUC_MINOR__,
                     __GNUC_PATCHLEVEL__);
#endif
}

std::string eigen() {
  return fmt::format("{}.{}.{}", EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION,
                     EIGEN_MINOR_VERSION);
}

std::string json_library() {
  return fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR,
                     NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH);
}

std::string allocator() {
#ifdef QUARRY_HAS_JEMALLOC
  const char* version = "";
  std::size_t size = sizeof(version);
  mallctl("version", &version, &size, nullptr, 0);
  const std::string text = version;  // "5.3.0-0-g54eaed1d…"
  return "jemalloc " + text.substr(0, text.find('-'));
#else
  return "the system's";
#endif
}

Json threads() {
  return {{"cores", std::thread::hardware_concurrency()},
          {"used_by_default", tbb::info::default_concurrency()}};
}

Json missing(const std::optional<TorchRuntimeInfo>& torch) {
  Json list = Json::array();
  if (!torch) {
    list.push_back(
        {{"what", "libtorch: select, score, train and demo"},
         {"fix",
          "configure without -DQUARRY_TORCH=OFF; bash examples/quickstart.sh "
          "installs what that needs"}});
    return list;
  }
  for (const TorchDevice& device : torch->devices) {
    if (device.usable) continue;
    list.push_back({{"what", device.name}, {"fix", device.why}});
  }
  return list;
}

Json devices_of(const std::optional<TorchRuntimeInfo>& torch) {
  const std::vector<TorchDevice> cpu = {
      {.name = "cpu", .usable = true, .why = ""}};
  Json devices = Json::array();
  for (const TorchDevice& device : torch ? torch->devices : cpu) {
    devices.push_back({{"name", device.name},
                       {"usable", device.usable},
                       {"why", device.why}});
  }
  return devices;
}

Json facts() {
  const std::optional<TorchRuntimeInfo> torch = torch_info();
  Json document = {
      {"schema_version", 1},
      {"command", "doctor"},
      {"quarry", QUARRY_VERSION},
      {"torch", torch ? Json(torch->version) : Json()},
      {"libraries",
       {{"tbb", TBB_runtime_version()},
        {"eigen", eigen()},
        {"nlohmann_json", json_library()},
        {"fmt", fmt::format("{}.{}.{}", FMT_VERSION / 10000,
                            FMT_VERSION / 100 % 100, FMT_VERSION % 100)},
        {"cli11", CLI11_VERSION}}},
      {"compiler", compiler()},
      {"allocator", allocator()},
      {"threads", threads()},
      {"devices", devices_of(torch)},
      {"missing", missing(torch)}};
  return document;
}

void print_text(const Json& facts) {
  std::vector<std::vector<std::string>> rows;
  const auto row = [&](const std::string& name, const std::string& value) {
    rows.push_back({name, value});
  };
  row("quarry", facts["quarry"].get<std::string>() + ", built by " +
                    facts["compiler"].get<std::string>());
  row("libtorch", facts["torch"].is_null() ? "not in this build"
                                           : facts["torch"].get<std::string>());
  for (const auto& [name, version] : facts["libraries"].items())
    row(name, version.get<std::string>());
  row("allocator", facts["allocator"].get<std::string>());
  row("threads", fmt::format("{} by default, of {} cores",
                             facts["threads"]["used_by_default"].get<int>(),
                             facts["threads"]["cores"].get<unsigned>()));
  for (const Json& device : facts["devices"]) {
    const std::string why = device["why"].get<std::string>();
    row("device " + device["name"].get<std::string>(),
        device["usable"].get<bool>() ? (why.empty() ? "usable" : why)
                                     : "not usable: " + why);
  }
  fmt::print("{}", aligned(rows));
  const Json& missing = facts["missing"];
  if (missing.empty()) fmt::print("\nnothing is missing\n");
  if (!missing.empty()) fmt::print("\nmissing\n");
  for (const Json& item : missing) {
    fmt::print("  {}\n    {}\n", item["what"].get<std::string>(),
               item["fix"].get<std::string>());
  }
}

ExitCode doctor(const Call& call) {
  const Json document = facts();
  if (call.flags.json) {
    print_json(document);
  } else {
    print_text(document);
  }
  return done;
}

}  // namespace

Command doctor_command(CLI::App& program, Flags& flags) {
  CLI::App* app = program.add_subcommand(
      "doctor", "Versions, devices, threads, and what is missing");
  add_output_flags(*app, flags);
  app->footer("Example:\n  quarry doctor");
  return {app, doctor};
}

}  // namespace quarry::cli
