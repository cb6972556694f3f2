#include "quarry/core/error.hpp"

#include <utility>

namespace quarry {
namespace {

std::string sentence(const Failure& failure) {
  std::string text = "error[";
  text += failure.id.text();
  text += "]: ";
  text += failure.message;
  if (!failure.hint.empty()) {
    text += "\n  hint: ";
    text += failure.hint;
  }
  return text;
}

}  // namespace

Error::Error(Failure failure, SourceLocation where)
    : std::runtime_error(sentence(failure)),
      failure_(std::move(failure)),
      where_(where) {}

void raise(ErrorId id, std::string message, std::string hint,
           SourceLocation where) {
  throw Error(Failure{id, std::move(message), std::move(hint)}, where);
}

void raise(Failure failure, SourceLocation where) {
  throw Error(std::move(failure), where);
}

void detail::contract_violated(std::string_view condition,
                               std::string_view message, SourceLocation where) {
  std::string text(message);
  text += " (expected ";
  text += condition;
  text += ", ";
  text += where.file_name();
  text += ':';
  text += std::to_string(where.line());
  text += ')';
  raise("contract.violated", std::move(text), "", where);
}

}  // namespace quarry
