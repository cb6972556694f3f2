#include "data/member_names.hpp"

#include <set>
#include <string>
#include <vector>

#include "quarry/data/memory_source.hpp"

#include "catch.hpp"

namespace quarry::detail {
namespace {

const std::string jpeg = "\xFF\xD8\xFF";
const std::string png = "\x89PNG\r\n\x1A\n";

/// What samples of these ids are called, whose bytes are `bytes`.
std::vector<std::string> names_of(const std::vector<std::string>& ids,
                                  const std::string& bytes = jpeg) {
  std::vector<MemorySource::Item> items;
  for (const std::string& id : ids) {
    items.push_back({.sample = {.id = id, .uri = id}, .bytes = {}});
  }
  const MemberNames names{AnySource(MemorySource(items))};
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    paths.push_back(names.of(i, ids[i], bytes).path());
  }
  return paths;
}

std::string name_of(const std::string& id, const std::string& bytes = jpeg) {
  return names_of({id}, bytes).front();
}

TEST_CASE("an id that is the path of an image is its name", "[pack]") {
  for (const char* id : {"a.jpg", "cat/0017.jpeg", "x/y/z.PNG", "Größe 1.jpg",
                         "a.b/c.jpg", "0#1.png", "a b/c+d=e.Jpg"}) {
    CHECK(name_of(id) == id);
  }
  // Whatever the bytes are: it is what it is called.
  CHECK(name_of("a.jpg", png) == "a.jpg");
}

TEST_CASE("other ids get the ending of their bytes", "[pack]") {
  CHECK(name_of("123") == "123.jpg");
  CHECK(name_of("123", png) == "123.png");
  CHECK(name_of("123", "raw") == "123.bin");
  CHECK(name_of("test_batch.bin#7") == "test_batch%2Ebin#7.jpg");
  CHECK(name_of("a/b.gif", png) == "a/b%2Egif.png");
}

TEST_CASE("what WebDataset or a path would misread is encoded", "[pack]") {
  CHECK(name_of("img.v2.jpg") == "img%2Ev2.jpg");
  CHECK(name_of("d/img.v2.jpg") == "d/img%2Ev2.jpg");
  CHECK(name_of("50%.jpg") == "50%25.jpg");
  CHECK(name_of("a\\b.jpg") == "a%5Cb.jpg");
  CHECK(name_of("https://h.org/a.b.jpg?x=1") ==
        "https:%2F%2Fh.org/a%2Eb%2Ejpg?x=1.jpg");
  CHECK(name_of("/etc/x.jpg") == "%2Fetc/x.jpg");
  CHECK(name_of("../x.jpg") == "%2E./x.jpg");
  CHECK(name_of("a/../x.jpg") == "a/%2E./x.jpg");
  CHECK(name_of("a/.jpg") == "a/%2Ejpg.jpg");
  CHECK(name_of(".hidden.jpg") == "%2Ehidden.jpg");
  CHECK(name_of(".cache/x.jpg") == "%2Ecache/x.jpg");
  CHECK(name_of("a.b/") == "a%2Eb%2F.jpg");
  CHECK(name_of("a//b.c.jpg") == "a%2F%2Fb%2Ec.jpg");
  CHECK(name_of("tab\there.jpg") == "tab%09here.jpg");
  CHECK(name_of("\xC3\xBC\xFF.jpg") == "%C3%BC%FF.jpg");
}

TEST_CASE("samples never share a key", "[pack]") {
  using Names = std::vector<std::string>;
  CHECK(names_of({"a/1.jpg", "a/1.png", "a/2.jpg"}) ==
        Names{"a/1%2Ejpg.jpg", "a/1%2Epng.png", "a/2.jpg"});
  // "x.jpg" as a whole is what "x.jpg.jpg" is without its ending.
  const Names all = names_of({"x.jpg", "x.png", "x.jpg.jpg", "x%2Ejpg.jpg"});
  CHECK(all[0] == "x%2Ejpg%_0.jpg");
  CHECK(std::set<std::string>(all.begin(), all.end()).size() == 4);
}

}  // namespace
}  // namespace quarry::detail
