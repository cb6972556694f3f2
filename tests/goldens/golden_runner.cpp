// golden_runner CASE.json
//
// Computes what a golden case expects where no selection does: prints a JSON
// object with the keys of the case's `expected`. Ends with 64, which check.py
// counts as skipped with --skip-unsupported, for a case that it does not know
// or that lacks what it needs.

#include <algorithm>
#include <cstdio>
#include <deque>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/evp.h>

#include "quarry/core/json.hpp"
#include "quarry/core/npy.hpp"
#include "quarry/strategy/density/prob_cover.hpp"
#include "quarry/strategy/kernels/neighbours.hpp"

#include "choice_cases.hpp"
#include "core/crc32c.hpp"
#include "data/tf_example.hpp"
#include "data/tfrecord.hpp"
#include "net/digest.hpp"
#include "net/sigv4.hpp"

namespace {

using namespace quarry;
using namespace quarry::detail;

constexpr int not_covered = 64;

std::string base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()),
                      static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::string from_base64(const Json& value) {
  const auto text = value.get<std::string>();
  std::string bytes(text.size() / 4 * 3, '\0');
  EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                  reinterpret_cast<const unsigned char*>(text.data()),
                  static_cast<int>(text.size()));
  const auto padding = std::count(text.begin(), text.end(), '=');
  bytes.resize(bytes.size() - static_cast<std::size_t>(padding));
  return bytes;
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

template <class Array>
std::string text_of(const Array& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The ids of what fails when `file` is read to its end.
std::vector<std::string> failures_of(const std::string& file) {
  std::vector<std::string> ids;
  TfRecordReader reader(Bytes::copy(file));
  while (const auto record = reader.next()) {
    if (!record->ok()) ids.emplace_back(record->error().id.text());
  }
  return ids;
}

/// `file` with a bit flipped, in base64; null where reading it tells of none.
Json damaged(std::string file, std::size_t at, char bit) {
  file[at] = static_cast<char>(file[at] ^ bit);
  if (failures_of(file) != std::vector<std::string>{"tfrecord.corrupt"}) {
    return nullptr;
  }
  return base64(file);
}

Json tfrecord(const Json& golden) {
  Json sums = Json::array();
  std::string file;
  for (const Json& record : golden["params"]["records_base64"]) {
    const std::string data = from_base64(record);
    file += text_of(tfrecord_header(data.size())) + data +
            text_of(tfrecord_footer(bytes_of(data)));
    char sum[9];
    std::snprintf(sum, sizeof sum, "%08x", crc32c(bytes_of(data)));
    sums.push_back(sum);
  }
  const std::string cut = file.substr(0, file.size() - 1);
  return {
      {"file_base64", base64(file)},
      {"file_sha256", sha256_hex(file)},
      {"crc32c", sums},
      {"corrupt_length_base64", damaged(file, 3, 0x40)},
      {"corrupt_first_payload_base64", damaged(file, 12, 0x01)},
      {"truncated_last_byte_is_data_loss",
       failures_of(file).empty() &&
           failures_of(cut) == std::vector<std::string>{"tfrecord.truncated"}}};
}

Json tf_example(const Json& golden) {
  using Kind = TfFeature::Kind;
  TfExample example;
  std::deque<std::string> texts;
  for (const auto& [name, lists] : golden["params"]["features"].items()) {
    TfFeature& feature = example[texts.emplace_back(name)];
    for (const auto& [kind, values] : lists.items()) {
      if (kind == "bytes_list_base64") {
        feature.kind = Kind::bytes;
        for (const Json& value : values) {
          feature.bytes.push_back(texts.emplace_back(from_base64(value)));
        }
      } else if (kind == "float_list") {
        feature.kind = Kind::floats;
        feature.floats = values.get<std::vector<float>>();
      } else {
        feature.kind = Kind::ints;
        feature.ints = values.get<std::vector<std::int64_t>>();
      }
    }
  }
  const std::string bytes = write_tf_example(example);
  const bool read_again = parse_tf_example(bytes_of(bytes)).value() == example;
  return {{"serialized_base64", read_again ? Json(base64(bytes)) : Json()},
          {"sha256", sha256_hex(bytes)}};
}

/// The requests are part of the answer in the case as it is: of those, only
/// what is asked is looked at.
Json sigv4(const Json& golden) {
  const Json& params = golden["params"];
  const Json asked = golden.value("expected", params);
  if (!asked.contains("requests")) return nullptr;
  Json answers = Json::array();
  for (const Json& wanted : asked["requests"]) {
    AwsRequest request;
    request.method = wanted["method"];
    request.host = wanted["host"];
    request.path = '/' + wanted["key"].get<std::string>();
    for (const Json& field : wanted["query"]) {
      request.query.emplace_back(field[0], field[1]);
    }
    for (const auto& [name, value] : wanted["headers"].items()) {
      std::string lower = name;
      std::transform(lower.begin(), lower.end(), lower.begin(),
                     [](unsigned char c) { return std::tolower(c); });
      request.headers[lower] = value;
    }
    request.payload = wanted["payload_sha256"];
    request.date = params["amz_date"];
    request.region = params["region"];
    AwsCredentials credentials{params["access_key"], params["secret_key"]};
    if (!wanted["session_token"].is_null()) {
      credentials.session_token = wanted["session_token"];
    }
    Json answer = {{"signature", signature_of(request, credentials)}};
    constexpr std::string_view authorization = "Authorization: ";
    for (const std::string& line : sign(request, credentials)) {
      if (line.starts_with(authorization)) {
        answer["authorization"] = line.substr(authorization.size());
      }
    }
    answers.push_back(answer);
  }
  return {{"requests", answers}};
}

/// The largest of the radii that leaves so many balls pure.
Json prob_cover_delta(const Json& golden) {
  const auto read = [&](const char* name) {
    return read_npy(golden["inputs"][name].get<std::string>());
  };
  const NpyArray embeddings = read("embeddings");
  const auto squared = kernels::nearest_of_other_groups(
      kernels::RowSet(embeddings.view()), read("clusters").as<std::int64_t>());
  const auto alpha = golden["params"]["alpha"].get<double>();
  Json purity = Json::array();
  double largest = 0.0;
  for (const double delta : read("deltas").as<double>()) {
    const double pure = ball_purity(squared, delta * delta);
    if (pure >= alpha) largest = std::max(largest, delta);
    purity.push_back(pure);
  }
  return {{"delta", largest}, {"purity", purity}};
}

/// By `strategy`; null where a case lacks something.
const std::map<std::string, Json (*)(const Json&)> answers = {
    {"exp4p",
     [](const Json& golden) {
       return test::exp4p_answer(golden);
     }},
    {"learning_curve",
     [](const Json& golden) {
       return test::curve_answer(golden);
     }},
    {"prob_cover_delta", prob_cover_delta},
    {"sigv4", sigv4},
    {"tf_example", tf_example},
    {"tfrecord", tfrecord},
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "golden_runner CASE.json\n";
    return 2;
  }
  try {
    const Json golden = read_json(argv[1]);
    const auto found = answers.find(golden["strategy"].get<std::string>());
    const Json answer = found == answers.end() ? Json() : found->second(golden);
    if (answer.is_null()) {
      std::cerr << "not covered: " << golden["strategy"] << '\n';
      return not_covered;
    }
    std::cout << to_line(answer) << '\n';
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
