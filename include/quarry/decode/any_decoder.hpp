#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "quarry/decode/concept.hpp"

namespace quarry {

/// Any `Decoder`, chosen at run time; holds a copy, `std::ref` shares.
class AnyDecoder {
 public:
  // In this order: whether it is one is not asked of the type itself.
  template <class D>
    requires(!std::same_as<D, AnyDecoder> && Decoder<D>)
  AnyDecoder(D decoder)
      : self_(std::make_shared<Holder<D>>(std::move(decoder))) {}

  template <Decoder D>
  AnyDecoder(std::reference_wrapper<D> decoder)
      : self_(std::make_shared<Holder<const D&>>(decoder.get())) {}

  SampleSpec spec() const { return self_->spec(); }
  Result<void> decode(const Bytes& bytes, std::span<std::byte> row) const {
    return self_->decode(bytes, row);
  }
  /// Empty unless the decoder has the hook.
  std::string fingerprint() const { return self_->fingerprint(); }

 private:
  struct Interface {
    virtual ~Interface() = default;
    virtual SampleSpec spec() const = 0;
    virtual Result<void> decode(const Bytes& bytes,
                                std::span<std::byte> row) const = 0;
    virtual std::string fingerprint() const = 0;
  };
  template <class Held>
  struct Holder : Interface {
    explicit Holder(Held held) : decoder(std::forward<Held>(held)) {}
    SampleSpec spec() const override { return decoder.spec(); }
    Result<void> decode(const Bytes& bytes,
                        std::span<std::byte> row) const override {
      return decoder.decode(bytes, row);
    }
    std::string fingerprint() const override {
      if constexpr (requires { decoder.fingerprint(); }) {
        return decoder.fingerprint();
      }
      return {};
    }
    Held decoder;
  };

  std::shared_ptr<const Interface> self_;
};

}  // namespace quarry
