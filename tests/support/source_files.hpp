#pragma once

#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

#include <sys/stat.h>
#include <sys/wait.h>

#include "quarry/data/concept.hpp"

namespace quarry::test {

/// The ids of a source, in its order.
template <DataSource S>
std::vector<std::string> ids_of(const S& source) {
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < source.size(); ++i) {
    ids.push_back(source.sample(i).id);
  }
  return ids;
}

/// The bytes of sample `i` as text, or the id of the failure in brackets.
template <DataSource S>
std::string text_of(const S& source, std::size_t i) {
  const Result<Bytes> bytes = source.read(i);
  if (bytes.ok()) return std::string(bytes->text());
  return '[' + std::string(bytes.error().id.text()) + ']';
}

/// The same of the sample called `id`; "" when there is none.
template <DataSource S>
std::string text_of(const S& source, const std::string& id) {
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source.sample(i).id == id) return text_of(source, i);
  }
  return "";
}

/// Makes a FIFO, which blocks whoever opens it in the plain way.
inline void make_fifo(const std::filesystem::path& path) {
  if (::mkfifo(path.c_str(), 0600) != 0) {
    throw std::runtime_error("cannot make the FIFO " + path.string());
  }
}

/// Whether `check()` holds in a process that file permissions bind: one of
/// another user where this one is root's.
template <class Check>
bool holds_unprivileged(Check check) {
  const pid_t child = ::fork();
  if (child == 0) {
    bool held = false;
    try {
      constexpr unsigned nobody = 65534;
      const bool bound =
          ::geteuid() != 0 || (::setgid(nobody) == 0 && ::setuid(nobody) == 0);
      held = bound && check();
    } catch (...) {  // counts as not held
    }
    ::_exit(held ? 0 : 1);
  }
  int status = 0;
  return child > 0 && ::waitpid(child, &status, 0) == child &&
         WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace quarry::test
