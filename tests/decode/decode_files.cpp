// decode_files OUT [option=number]... < LIST
//
// Decodes the files named on standard input, a name a line, and writes their
// rows one after the other to OUT. Options are those of ImageDecoderOptions.

#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "quarry/decode/image_decoder.hpp"

namespace {

bool set(quarry::ImageDecoderOptions& options, const std::string& argument) {
  const std::size_t equals = argument.find('=');
  if (equals == std::string::npos) return false;
  const std::string name = argument.substr(0, equals);
  const std::size_t value = std::stoul(argument.substr(equals + 1));
  if (name == "height") {
    options.height = value;
  } else if (name == "width") {
    options.width = value;
  } else if (name == "resize") {
    options.resize = value;
  } else if (name == "channels") {
    options.channels = value;
  } else if (name == "fast_scale") {
    options.fast_scale = value != 0;
  } else {
    return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: decode_files OUT [option=number]... < LIST\n";
    return 2;
  }
  quarry::ImageDecoderOptions options;
  for (int i = 2; i < argc; ++i) {
    if (set(options, argv[i])) continue;
    std::cerr << "decode_files: what is " << argv[i] << "?\n";
    return 2;
  }
  const quarry::ImageDecoder decoder(options);
  std::ofstream out(argv[1], std::ios::binary);
  std::vector<std::byte> row(decoder.spec().bytes());
  std::string name;
  while (std::getline(std::cin, name)) {
    std::ifstream file(name, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto done = decoder.decode(quarry::Bytes::copy(text), row);
    if (!done) {
      std::cerr << name << ": " << done.error().id.text() << ": "
                << done.error().message << '\n';
      return 1;
    }
    out.write(reinterpret_cast<const char*>(row.data()),
              static_cast<std::streamsize>(row.size()));
  }
  return out.flush() ? 0 : 1;
}
