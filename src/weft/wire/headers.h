// HTTP header fields as one value. Owned by wire; pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weft::wire {

/// Header fields in their order; names compare without case. The text of all of them lies in one
/// string, so that a head costs two allocations however many fields it has: a view from here is
/// valid until the next change.
class Headers {
 public:
  using Field = std::pair<std::string_view, std::string_view>;

  void add(std::string_view name, std::string_view value);
  /// Replaces every field of the name; it stands where the first one stood.
  void set(std::string_view name, std::string_view value);
  void remove(std::string_view name);
  /// The first value; empty when there is none.
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;
  std::size_t count(std::string_view name) const;
  /// Whether the comma-separated list holds the token (without case).
  bool has_token(std::string_view name, std::string_view token) const;
  void clear();
  std::size_t size() const { return slots_.size(); }
  bool empty() const { return slots_.empty(); }
  Field operator[](std::size_t index) const { return field(slots_[index]); }

 private:
  struct Slot {
    std::uint32_t name;
    std::uint32_t name_size;
    std::uint32_t value;
    std::uint32_t value_size;
  };

 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Field;
    using difference_type = std::ptrdiff_t;
    using pointer = const Field*;
    using reference = Field;
    Iterator() = default;
    Iterator(const Headers* headers, std::size_t index) : headers_(headers), index_(index) {}
    Field operator*() const { return (*headers_)[index_]; }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    Iterator operator++(int) { return {headers_, index_++}; }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    const Headers* headers_ = nullptr;
    std::size_t index_ = 0;
  };
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, slots_.size()}; }

 private:
  Field field(const Slot& slot) const {
    return {std::string_view(text_).substr(slot.name, slot.name_size),
            std::string_view(text_).substr(slot.value, slot.value_size)};
  }
  const Slot* find(std::string_view name) const;

  std::string text_;
  std::vector<Slot> slots_;
};

/// Names compared as HTTP does.
bool same_name(std::string_view a, std::string_view b);

}  // namespace weft::wire
