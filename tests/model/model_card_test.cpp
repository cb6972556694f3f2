#include "quarry/model/model_card.hpp"

#include <cstdlib>
#include <random>
#include <string>

#include "quarry/core/error.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "temp_dir.hpp"

using namespace quarry;
using quarry::test::error_id;
using quarry::test::error_message;
using quarry::test::TempDir;

namespace {

ModelCard parsed(const std::string& text) {
  return ModelCard::parse(parse_json(text, "card.json"), "card.json");
}

/// What is wrong with a card: the message and the hint of `card.invalid`.
std::string complaint(const std::string& text) {
  try {
    parsed(text);
  } catch (const Error& error) {
    REQUIRE(error.id() == "card.invalid");
    return error.message() + '\n' + error.hint();
  }
  return "";
}

const std::string whole_card = R"({
  "task": "multilabel", "input": {"height": 48, "width": 48, "channels": 3},
  "preprocess": {"resize": 56, "crop": 48, "scale": 0.5, "mean": [0.1, 2, -3],
                 "std": [0.25, 1, 2e-3], "channel_order": "bgr"},
  "classes": ["ship", "σκάφος"], "outputs": ["logits", "embeddings"]})";

}  // namespace

TEST_CASE("a card gives what stands in it") {
  const ModelCard card = parsed(whole_card);
  CHECK(card.task == Task::multilabel);
  CHECK(card.height == 48);
  CHECK(card.width == 48);
  CHECK(card.channels == 3);
  CHECK(card.preprocess.resize == 56);
  CHECK(card.preprocess.crop == 48);
  CHECK(card.preprocess.scale == 0.5);
  CHECK(card.preprocess.mean == std::vector<double>{0.1, 2, -3});
  CHECK(card.preprocess.std == std::vector<double>{0.25, 1, 2e-3});
  CHECK(card.preprocess.bgr);
  CHECK(card.classes == std::vector<std::string>{"ship", "σκάφος"});
  CHECK(card.outputs == std::vector<std::string>{"logits", "embeddings"});
}

TEST_CASE("what a card leaves out has the stated defaults") {
  const ModelCard card = parsed("{}");
  CHECK(card == ModelCard{});
  CHECK(card.task == Task::multiclass);
  CHECK(card.height == 224);
  CHECK(card.preprocess.scale == Approx(1.0 / 255));
  CHECK(card.preprocess.mean.empty());
  CHECK_FALSE(card.preprocess.bgr);
}

TEST_CASE("a card written and read again is the same card") {
  for (const std::string& text : {whole_card, std::string("{}")}) {
    const ModelCard card = parsed(text);
    CHECK(ModelCard::parse(card.to_json(), "again") == card);
    CHECK(parsed(card.to_json().dump()) == card);
  }
  ModelCard grey{.height = 1, .width = 2, .channels = 1};
  grey.task = Task::regression;
  grey.preprocess.scale = 0.1 + 0.2;
  CHECK(parsed(grey.to_json().dump()) == grey);
}

TEST_CASE("a wrong key of a card suggests the right one") {
  CHECK(complaint(R"({"clases": []})") ==
        "card.json: \"clases\" is no key of a card\n"
        "did you mean classes?");
  CHECK(complaint(R"({"input": {"heigth": 3}})") ==
        "card.json: \"heigth\" is no key in input\ndid you mean height?");
  CHECK(
      complaint(R"({"preprocess": {"sdt": [1]}})").find("did you mean std?") !=
      std::string::npos);
  CHECK(
      complaint(R"({"zzzzzzzz": 1})").find("known keys: \"task\", \"input\"") !=
      std::string::npos);
  const std::string longest(100'000, 'q');
  CHECK(complaint("{\"" + longest + "\": 1}").size() < 300);
}

TEST_CASE("a wrong value of a card is named with its key and what is allowed") {
  CHECK(complaint(R"({"input": {"height": 0}})") ==
        "card.json: input.height is 0, but must be a whole number from 1 to "
        "65500\n");
  CHECK(complaint(R"({"task": "regresion"})") ==
        "card.json: task is \"regresion\", but must be \"multiclass\" or "
        "\"multilabel\" or \"regression\"\n");
  CHECK(complaint(R"({"preprocess": {"mean": [0.5]}})") ==
        "card.json: preprocess.mean is [0.5], but must be 3 numbers, one a "
        "channel\n");
  CHECK(complaint(R"({"preprocess": {"crop": 200}})") ==
        "card.json: preprocess.crop is 200, but the input is 224 x 224: leave "
        "it out, or make them equal\n");
  for (const char* wrong :
       {"[]",
        "3",
        "null",
        "\"card\"",
        R"({"task": 3})",
        R"({"input": 32})",
        R"({"input": [32, 32, 3]})",
        R"({"input": {"height": -1}})",
        R"({"input": {"height": 32.5}})",
        R"({"input": {"height": "32"}})",
        R"({"input": {"height": 1e99}})",
        R"({"input": {"height": 18446744073709551615}})",
        R"({"input": {"height": 65500, "width": 65500}})",
        R"({"input": {"channels": 0}})",
        R"({"preprocess": {"scale": 0}})",
        R"({"preprocess": {"scale": -1}})",
        R"({"preprocess": {"scale": null}})",
        R"({"preprocess": {"std": [1, 0, 1]}})",
        R"({"preprocess": {"std": [1, -1, 1]}})",
        R"({"preprocess": {"std": [1, 1]}})",
        R"({"preprocess": {"mean": [1, "2", 3]}})",
        R"({"preprocess": {"mean": 0.5}})",
        R"({"preprocess": {"resize": 100}})",
        R"({"preprocess": {"channel_order": "gbr"}})",
        R"({"input": {"channels": 1}, "preprocess": {"channel_order": "bgr"}})",
        R"({"classes": "cat"})",
        R"({"classes": [1]})",
        R"({"classes": ["cat", ""]})",
        R"({"classes": ["cat", "cat"]})",
        R"({"outputs": ["embeddings"]})",
        R"({"outputs": ["logits", "x"]})",
        R"({"outputs": ["embeddings", "logits"]})"}) {
    INFO(wrong);
    CHECK_FALSE(complaint(wrong).empty());
  }
}

TEST_CASE("any JSON whatsoever is a card or an error with an id") {
  std::mt19937 random(20'240'101);
  const std::vector<std::string> words = {"\"task\"",
                                          "\"input\"",
                                          "\"height\"",
                                          "\"preprocess\"",
                                          "\"mean\"",
                                          "\"classes\"",
                                          "\"outputs\"",
                                          "{",
                                          "}",
                                          "[",
                                          "]",
                                          ":",
                                          ",",
                                          "1",
                                          "-3",
                                          "1e400",
                                          "null",
                                          "true",
                                          "\"multiclass\"",
                                          "\"rgb\"",
                                          "3.5",
                                          "\"\\u0000\""};
  std::size_t invalid = 0;
  for (int trial = 0; trial < 3000; ++trial) {
    std::string text = trial % 2 == 0 ? whole_card : "";
    if (trial % 2 == 0) {
      for (int edit = 0; edit < 3; ++edit) {
        const std::string& word = words[random() % words.size()];
        const std::size_t at = random() % text.size();
        text = text.substr(0, at) + word +
               text.substr(std::min(text.size(), at + random() % 8));
      }
    } else {
      text = "{";
      for (std::size_t k = random() % 12; k > 0; --k) {
        text += words[random() % words.size()];
      }
      text += "}";
    }
    const std::string id = error_id([&] { parsed(text); });
    INFO(text);
    CHECK((id.empty() || id == "card.invalid" || id == "json.invalid"));
    invalid += id.empty() ? 0 : 1;
  }
  CHECK(invalid > 1000);
}

TEST_CASE("the card lies beside the model file") {
  const TempDir dir;
  CHECK_FALSE(ModelCard::beside(dir / "net.pt").has_value());
  dir.write("net.json", whole_card);
  REQUIRE(ModelCard::beside(dir / "net.pt").has_value());
  CHECK(*ModelCard::beside(dir / "net.pt") == parsed(whole_card));
  CHECK(ModelCard::beside(dir / "net").has_value());
  CHECK_FALSE(ModelCard::beside(dir / "other.pt").has_value());

  dir.write("broken.json", "{\"input\": ");
  CHECK(error_id([&] { ModelCard::beside(dir / "broken.pt"); }) ==
        "json.invalid");
  dir.write("wrong.json", "{\"clases\": []}");
  CHECK(error_message([&] {
          ModelCard::beside(dir / "wrong.pt");
        }).find("wrong.json") != std::string::npos);
  std::filesystem::create_symlink("nowhere.json", dir / "dangling.json");
  CHECK(error_id([&] { ModelCard::beside(dir / "dangling.pt"); }) ==
        "file.not_found");
  std::filesystem::create_directory(dir / "folder.json");
  CHECK(error_id([&] { ModelCard::beside(dir / "folder.pt"); }) ==
        "file.not_regular");
}

TEST_CASE("a long value in a message is cut between characters") {
  std::string umlauts;
  for (int i = 0; i < 40; ++i) umlauts += "\xC3\xA4";
  const std::string message = error_message([&] {
    ModelCard::parse(Json{{"task", umlauts}}, "card");
  });
  CHECK(message.find("\xC3\xA4…") != message.npos);
  CHECK_NOTHROW(Json(message).dump());  // it is UTF-8
}

TEST_CASE("the card of the shared model is read") {
  const char* shared = std::getenv("QUARRY_SHARED");
  const std::filesystem::path model =
      std::filesystem::path(shared == nullptr ? "../shared" : shared) /
      "models/small.pt";
  if (!std::filesystem::exists(model)) {
    WARN("skipped: QUARRY_SHARED has no models/small.pt");
    return;
  }
  const std::optional<ModelCard> card = ModelCard::beside(model);
  REQUIRE(card.has_value());
  CHECK(card->height == 32);
  CHECK(card->width == 32);
  CHECK(card->classes.size() == 10);
  CHECK(card->classes[3] == "cat");
  CHECK(card->preprocess.std == std::vector<double>{0.247, 0.2435, 0.2616});
  CHECK(card->outputs.size() == 2);
}
