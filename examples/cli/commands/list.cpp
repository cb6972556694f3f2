// quarry list: the strategies, sources and models there are.
#include <fmt/format.h>

#include "quarry/core/json.hpp"
#include "quarry/data/open_source.hpp"
#include "quarry/strategy/registry.hpp"

#include "commands/commands.hpp"
#include "libtorch/libtorch.hpp"
#include "output/result.hpp"
#include "output/table.hpp"

namespace quarry::cli {
namespace {

Json needs_of(const StrategyInfo& info) {
  Json needs = Json::array();
  for (const Need& need : info.needs) needs.push_back(need.name);
  return needs;
}

Json strategies_json() {
  Json list = Json::array();
  for (const StrategyInfo& info : strategies()) {
    list.push_back({{"name", info.name},
                    {"family", info.family},
                    {"needs", needs_of(info)},
                    {"params", info.params},
                    {"summary", info.summary},
                    {"cost", info.cost},
                    {"paper", info.paper}});
  }
  return list;
}

Json sources_json() {
  Json list = Json::array();
  for (const SourceInfo& info : list_sources()) {
    list.push_back({{"name", info.name},
                    {"example", info.example},
                    {"summary", info.description}});
  }
  return list;
}

Json models_json() {
  Json list = Json::array();
  for (const NetInfo& net : nets()) {
    list.push_back({{"name", net.name},
                    {"use", fmt::format("quarry train --net {}", net.name)},
                    {"summary", net.summary}});
  }
  list.push_back({{"name", "torchscript"},
                  {"use", "--model FILE.pt"},
                  {"summary",
                   "any TorchScript file that returns logits, or (logits, "
                   "embeddings); its card FILE.json lies beside it"}});
  list.push_back({{"name", "aoti"},
                  {"use", "--model FILE.pt2"},
                  {"summary",
                   "a network that AOTInductor has compiled, with its card "
                   "FILE.json: bound to this libtorch and kind of processor"}});
  return list;
}

struct Kind {
  const char* name;
  Json (*json)();
  std::vector<const char*> columns;
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all = {
      {"strategies",
       strategies_json,
       {"name", "family", "needs", "params", "summary", "paper"}},
      {"sources", sources_json, {"name", "example", "summary"}},
      {"models", models_json, {"name", "use", "summary"}}};
  return all;
}

std::string cell(const Json& value) {
  if (value.is_string())
    return value.get<std::string>().empty() ? "-" : value.get<std::string>();
  std::string text;
  for (const Json& item : value)
    text += (text.empty() ? "" : ", ") + item.get<std::string>();
  return text.empty() ? "-" : text;
}

void print_table(const Kind& kind) {
  std::vector<std::vector<std::string>> rows(1);
  for (const char* column : kind.columns) rows[0].push_back(column);
  for (const Json& item : kind.json()) {
    std::vector<std::string> row;
    for (const char* column : kind.columns) row.push_back(cell(item[column]));
    rows.push_back(std::move(row));
  }
  fmt::print("{}", aligned(rows));
}

ExitCode list(const Call& call) {
  Json document = {{"schema_version", 1}, {"command", "list"}};
  bool first = true;
  for (const Kind& kind : kinds()) {
    if (!call.flags.what.empty() && call.flags.what != kind.name) continue;
    if (call.flags.json) {
      document[kind.name] = kind.json();
      continue;
    }
    if (call.flags.what.empty())
      fmt::print("{}{}\n", first ? "" : "\n", kind.name);
    print_table(kind);
    first = false;
  }
  if (call.flags.json) print_json(document);
  return done;
}

}  // namespace

Command list_command(CLI::App& program, Flags& flags) {
  CLI::App* app = program.add_subcommand(
      "list", "What there is: strategies, sources, models");
  app->add_option("WHAT", flags.what, "strategies, sources or models; or all")
      ->check(one_of({"strategies", "sources", "models"}))
      ->type_name("");
  add_output_flags(*app, flags);
  app->footer("Example:\n  quarry list strategies");
  return {app, list};
}

}  // namespace quarry::cli
