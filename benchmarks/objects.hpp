#pragma once

#include <fcntl.h>
#include <fstream>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

#include <sys/stat.h>

/// The files or URLs of a list, a line each.
inline std::vector<std::string> lines_of(const std::string& list) {
  std::vector<std::string> lines;
  std::ifstream in(list);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  if (lines.empty()) throw std::invalid_argument("nothing in " + list);
  return lines;
}

/// The bytes of a file.
inline std::string read_file(const std::string& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (descriptor < 0 || ::fstat(descriptor, &status) != 0) {
    throw std::runtime_error("cannot open " + file);
  }
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  const ssize_t count = ::read(descriptor, bytes.data(), bytes.size());
  ::close(descriptor);
  if (count != status.st_size) throw std::runtime_error("cannot read " + file);
  return bytes;
}
