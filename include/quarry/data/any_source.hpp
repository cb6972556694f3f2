#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "quarry/data/concept.hpp"

namespace quarry {

namespace detail {
/// A `DataSource` but for the copying: whether a decorator of an `AnySource`
/// can be copied must not depend on whether it converts to one.
template <class S>
concept ReadsSamples = requires(const S& s, std::size_t i) {
  { s.size() } -> std::convertible_to<std::size_t>;
  { s.sample(i) } -> std::convertible_to<Sample>;
  { s.read(i) } -> std::same_as<Result<Bytes>>;
};
}  // namespace detail

/// Any `DataSource`, chosen at run time. It holds a copy of what it is given;
/// `std::ref` shares. Itself an `AsyncSource`: a source without a reactor reads
/// inside `read_async`, on the calling thread, and `is_async()` says which.
class AnySource {
 public:
  template <detail::ReadsSamples S>
    requires(!std::same_as<S, AnySource>)
  AnySource(S source) : self_(std::make_shared<Model<S>>(std::move(source))) {}

  template <detail::ReadsSamples S>
  AnySource(std::reference_wrapper<S> source)
      : self_(std::make_shared<Shared<S>>(source.get())) {}

  std::size_t size() const { return self_->size(); }
  Sample sample(std::size_t i) const { return self_->sample(i); }
  Result<Bytes> read(std::size_t i) const { return self_->read(i); }
  void read_async(std::size_t i, ReadDone done) const {
    self_->read_async(i, std::move(done));
  }
  /// Whether `read_async` returns before the bytes are there.
  bool is_async() const { return self_->is_async(); }
  /// Nothing when the source has no such hook.
  std::optional<std::string> version(std::size_t i) const {
    return self_->version(i);
  }

 private:
  struct Interface {
    virtual ~Interface() = default;
    virtual std::size_t size() const = 0;
    virtual Sample sample(std::size_t i) const = 0;
    virtual Result<Bytes> read(std::size_t i) const = 0;
    virtual void read_async(std::size_t i, ReadDone done) const = 0;
    virtual bool is_async() const = 0;
    virtual std::optional<std::string> version(std::size_t i) const = 0;
  };
  /// `Held` is `S` or `const S&`.
  template <class S, class Held>
  struct Holder : Interface {
    static_assert(DataSource<S>, "a source must be copyable");
    explicit Holder(Held held) : source(std::forward<Held>(held)) {}
    std::size_t size() const override { return source.size(); }
    Sample sample(std::size_t i) const override { return source.sample(i); }
    Result<Bytes> read(std::size_t i) const override { return source.read(i); }
    void read_async(std::size_t i, ReadDone done) const override {
      if constexpr (AsyncSource<S>) {
        source.read_async(i, std::move(done));
      } else {
        done(source.read(i));
      }
    }
    bool is_async() const override { return reads_async<S>(source); }
    std::optional<std::string> version(std::size_t i) const override {
      return version_of<S>(source, i);
    }
    Held source;
  };
  template <class S>
  using Model = Holder<S, S>;
  template <class S>
  using Shared = Holder<S, const S&>;

  std::shared_ptr<const Interface> self_;
};

}  // namespace quarry
