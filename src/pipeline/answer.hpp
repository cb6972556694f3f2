#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "quarry/core/result.hpp"

namespace quarry::detail {

/// What stands in for an answer that never came.
Failure no_answer(const char* part) noexcept;

/// A callback that somebody else must call exactly once. Called again it does
/// nothing; when its last copy goes without a call it is called with a failure,
/// so that nobody waits for ever on a source or a model that forgets.
template <class Value>
class Answer {
 public:
  /// `call` takes a `Result<Value>` and does not throw; `part` is whom the
  /// failure blames.
  template <class Call>
  Answer(const char* part, Call call)
      : once_(std::make_shared<Holder<Call>>(part, std::move(call))) {}

  void operator()(Result<Value> result) const {
    once_->give(std::move(result));
  }

 private:
  struct Once {
    explicit Once(const char* who) : part(who) {}
    virtual ~Once() = default;
    virtual void give(Result<Value> result) = 0;
    const char* part;
    std::atomic<bool> given = false;
  };
  template <class Call>
  struct Holder final : Once {
    Holder(const char* who, Call c) : Once(who), call(std::move(c)) {}
    ~Holder() override {
      if (!this->given) give(no_answer(this->part));
    }
    void give(Result<Value> result) override {
      if (!this->given.exchange(true)) call(std::move(result));
    }
    Call call;
  };

  std::shared_ptr<Once> once_;
};

}  // namespace quarry::detail
