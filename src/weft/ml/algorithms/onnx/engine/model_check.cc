#include "weft/ml/algorithms/onnx/engine/model_check.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <format>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "weft/ml/algorithms/protobuf.h"
#include "weft/wire/number_text.h"

namespace weft::ml::onnx {
namespace {

namespace fs = std::filesystem;
using Type = ProtoField::Type;

/// Of graphs in graphs (the branches of an If, the body of a Loop).
constexpr int kGraphDepthMax = 24;
/// Of all operators once the model's own functions are written out.
constexpr std::uint64_t kOperatorsMax = 1'000'000;
constexpr std::uint64_t kElementsMax = std::uint64_t{1} << 36;
/// ONNX's own operators and those that ONNX Runtime brings.
constexpr std::array<std::string_view, 8> kDomains = {"",
                                                      "ai.onnx",
                                                      "ai.onnx.ml",
                                                      "ai.onnx.training",
                                                      "ai.onnx.preview.training",
                                                      "com.microsoft",
                                                      "com.microsoft.nchwc",
                                                      "com.microsoft.experimental"};

std::unexpected<Error> bad(std::string message) {
  return fail(Reason::invalid_argument, std::move(message));
}
std::unexpected<Error> damaged(std::string_view what) {
  return bad(std::format("the model is damaged: {}", what));
}
std::unexpected<Error> bad_tensor(std::string_view name, std::string_view what) {
  return bad(std::format("the model's tensor {}: {}", wire::shown(name), what));
}

/// Bytes of an element of a TensorProto's data_type; 0: not known, or not whole bytes.
std::uint64_t element_bytes(std::uint64_t type) {
  switch (type) {
    case 2:   // uint8
    case 3:   // int8
    case 9:   // bool
    case 17:  // float8 of four kinds
    case 18:
    case 19:
    case 20: return 1;
    case 4:              // uint16
    case 5:              // int16
    case 10:             // float16
    case 16: return 2;   // bfloat16
    case 1:              // float
    case 6:              // int32
    case 12: return 4;   // uint32
    case 7:              // int64
    case 11:             // double
    case 13:             // uint64
    case 14: return 8;   // complex64
    case 15: return 16;  // complex128
    default: return 0;
  }
}

std::optional<std::uint64_t> to_number(std::string_view text) {
  std::uint64_t out = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return out;
}

/// An operator by its domain and name; `ai.onnx` is the domain without a name.
using Operator = std::pair<std::string, std::string>;

Operator operator_of(std::string_view domain, std::string_view name, std::string_view overload) {
  return {domain == "ai.onnx" ? "" : std::string(domain),
          overload.empty() ? std::string(name) : std::format("{}:{}", name, overload)};
}

/// What is called from somewhere, and how often.
using Calls = std::map<Operator, std::uint64_t>;

class Check {
 public:
  explicit Check(const fs::path& folder) : folder_(folder) {}

  Result<void> model(std::string_view bytes) {
    const auto read = each(bytes, [&](const ProtoField& field) -> Result<void> {
      if (field.number == 7 && field.type == Type::delimited) graphs_.push_back(field.bytes);
      if (field.number == 25 && field.type == Type::delimited) return add_function(field.bytes);
      return {};
    });
    if (graphs_.empty()) return bad("this is no ONNX model: it has no graph");
    WEFT_CHECK(read);
    Calls calls;
    for (const std::string_view graph : graphs_) WEFT_CHECK(check_graph(graph, 0, calls));
    for (auto& [name, function] : functions_) {
      for (const std::string_view node : function.nodes)
        WEFT_CHECK(check_node(node, 0, function.calls));
    }
    WEFT_TRY(const std::uint64_t operators, expanded(calls, 0));
    if (operators > kOperatorsMax)
      return bad(std::format("the model has more than {} operators", kOperatorsMax));
    return {};
  }

 private:
  struct Function {
    std::vector<std::string_view> nodes;
    Calls calls;
    bool open = false;  ///< being looked at: who comes by again goes round in a circle
    std::optional<std::uint64_t> operators;
  };

  template <class Take>
  static Result<void> each(std::string_view message, Take take) {
    ProtoFields fields(message);
    while (true) {
      const auto field = fields.next();
      if (!field) return damaged(field.error().message);
      if (!*field) return {};
      WEFT_CHECK(take(**field));
    }
  }

  Result<void> add_function(std::string_view bytes) {
    std::string_view name;
    std::string_view domain;
    std::string_view overload;
    std::vector<std::string_view> nodes;
    WEFT_CHECK(each(bytes, [&](const ProtoField& field) -> Result<void> {
      if (field.type != Type::delimited) return {};
      if (field.number == 1) name = field.bytes;
      if (field.number == 10) domain = field.bytes;
      if (field.number == 13) overload = field.bytes;
      if (field.number == 7) nodes.push_back(field.bytes);
      return {};
    }));
    // Of two with one name both are looked at.
    auto& all = functions_[operator_of(domain, name, overload)].nodes;
    all.insert(all.end(), nodes.begin(), nodes.end());
    return {};
  }

  Result<void> check_graph(std::string_view bytes, int depth, Calls& calls) {
    if (depth > kGraphDepthMax)
      return bad(std::format("the model has graphs in graphs, more than {} deep", kGraphDepthMax));
    return each(bytes, [&](const ProtoField& field) -> Result<void> {
      if (field.type != Type::delimited) return {};
      if (field.number == 1) return check_node(field.bytes, depth, calls);
      if (field.number == 5) return check_tensor(field.bytes);
      if (field.number == 15) return check_sparse(field.bytes);
      return {};
    });
  }

  Result<void> check_node(std::string_view bytes, int depth, Calls& calls) {
    std::string_view name;
    std::string_view domain;
    std::string_view overload;
    WEFT_CHECK(each(bytes, [&](const ProtoField& field) -> Result<void> {
      if (field.type != Type::delimited) return {};
      if (field.number == 4) name = field.bytes;
      if (field.number == 7) domain = field.bytes;
      if (field.number == 8) overload = field.bytes;
      if (field.number == 5) return check_attribute(field.bytes, depth, calls);
      return {};
    }));
    const Operator called = operator_of(domain, name, overload);
    ++calls[called];
    if (functions_.contains(called) || std::ranges::contains(kDomains, domain)) return {};
    return bad(
        std::format("the model needs the operator {} of {}, which ONNX Runtime does not "
                    "bring; operators from libraries are not loaded: export the model with "
                    "ONNX's own operators",
                    wire::shown(name), wire::shown(domain)));
  }

  Result<void> check_attribute(std::string_view bytes, int depth, Calls& calls) {
    return each(bytes, [&](const ProtoField& field) -> Result<void> {
      if (field.type != Type::delimited) return {};
      switch (field.number) {
        case 5:
        case 10: return check_tensor(field.bytes);
        case 6:
        case 11: return check_graph(field.bytes, depth + 1, calls);
        case 22:
        case 23: return check_sparse(field.bytes);
        default: return {};
      }
    });
  }

  Result<void> check_sparse(std::string_view bytes) const {
    return each(bytes, [&](const ProtoField& field) -> Result<void> {
      const bool tensor = field.type == Type::delimited && (field.number == 1 || field.number == 2);
      return tensor ? check_tensor(field.bytes) : Result<void>();
    });
  }

  struct Tensor {
    std::string_view name;
    std::vector<std::uint64_t> dims;
    std::uint64_t type = 0;
    std::optional<std::uint64_t> raw_bytes;
    bool external = false;
    std::map<std::string_view, std::string_view> entries;
  };

  static Result<void> take_dims(const ProtoField& field, std::vector<std::uint64_t>& dims) {
    if (field.type == Type::varint) {
      dims.push_back(field.value);
      return {};
    }
    for (ProtoFields packed(field.bytes); !packed.empty();) {
      const auto number = packed.number();
      if (!number) return damaged(number.error().message);
      dims.push_back(*number);
    }
    return {};
  }

  static Result<void> take_entry(std::string_view bytes, Tensor& out) {
    std::string_view key;
    std::string_view value;
    WEFT_CHECK(each(bytes, [&](const ProtoField& field) -> Result<void> {
      if (field.number == 1) key = field.bytes;
      if (field.number == 2) value = field.bytes;
      return {};
    }));
    // Which of two would be taken is nothing to rely on.
    if (!out.entries.emplace(key, value).second)
      return damaged(std::format("a tensor has two of {}", wire::shown(key)));
    return {};
  }

  Result<void> check_tensor(std::string_view bytes) const {
    Tensor tensor;
    WEFT_CHECK(each(bytes, [&](const ProtoField& field) -> Result<void> {
      switch (field.number) {
        case 1: return take_dims(field, tensor.dims);
        case 2: tensor.type = field.value; return {};
        case 8: tensor.name = field.bytes; return {};
        case 9: tensor.raw_bytes = field.bytes.size(); return {};
        case 13: return take_entry(field.bytes, tensor);
        case 14: tensor.external = field.value != 0; return {};
        default: return {};
      }
    }));
    std::uint64_t elements = 1;
    for (const std::uint64_t size : tensor.dims) {
      if (size != 0 && elements > kElementsMax / size)
        return bad_tensor(tensor.name, "its shape cannot be");
      elements *= size;
    }
    const std::uint64_t wanted = elements * element_bytes(tensor.type);
    // Where the data is said to be elsewhere is looked at even when nobody says that it is there.
    if (tensor.external || !tensor.entries.empty()) return check_external(tensor, wanted);
    if (tensor.raw_bytes && element_bytes(tensor.type) != 0 && *tensor.raw_bytes != wanted) {
      return bad_tensor(tensor.name, std::format("it has {} bytes, its type and shape need {}",
                                                 *tensor.raw_bytes, wanted));
    }
    return {};
  }

  Result<void> check_external(const Tensor& tensor, std::uint64_t wanted) const {
    const auto entry = [&](std::string_view key) {
      const auto at = tensor.entries.find(key);
      return at == tensor.entries.end() ? std::string_view() : at->second;
    };
    const std::string_view location = entry("location");
    WEFT_TRY(const std::uint64_t size, size_of(tensor.name, location));
    const auto offset = entry("offset").empty() ? 0 : to_number(entry("offset"));
    if (!offset || *offset > size)
      return bad_tensor(tensor.name,
                        std::format("its data begins behind the end of {}", wire::shown(location)));
    const auto length =
        entry("length").empty() ? std::optional(size - *offset) : to_number(entry("length"));
    if (!length || *length > size - *offset || *length < wanted) {
      return bad_tensor(tensor.name,
                        std::format("its data in {} ends before its {} bytes are there",
                                    wire::shown(location), wanted));
    }
    return {};
  }

  /// Of a file in the folder: a name that leads nowhere else, of a file that is no link.
  Result<std::uint64_t> size_of(std::string_view tensor, std::string_view location) const {
    const fs::path place{std::string(location)};
    const bool leaves =
        std::ranges::any_of(place, [](const fs::path& each) { return each == ".."; });
    const bool strange = std::ranges::any_of(location, [](char c) {
      return c == '\\' || c == '*' || static_cast<unsigned char>(c) < 0x20;
    });
    if (location.empty() || place.is_absolute() || leaves || strange) {
      return bad_tensor(tensor, std::format("its data is said to be in {}, which is outside of "
                                            "the model's folder",
                                            wire::shown(location)));
    }
    std::error_code error;
    const fs::path root = fs::canonical(folder_, error);
    const fs::path file = error ? fs::path() : fs::canonical(folder_ / place, error);
    if (error || !fs::is_regular_file(file, error) || error) {
      return bad_tensor(tensor, std::format("its data is said to be in {}, which is not among the "
                                            "model's files",
                                            wire::shown(location)));
    }
    if (file != (root / place).lexically_normal()) {
      return bad_tensor(tensor, std::format("its data is said to be in {}, which is a link",
                                            wire::shown(location)));
    }
    const auto size = fs::file_size(file, error);
    if (error) return bad_tensor(tensor, error.message());
    return size;
  }

  /// How many operators these calls come to once functions are written out.
  Result<std::uint64_t> expanded(const Calls& calls, int depth) {
    std::uint64_t out = 0;
    for (const auto& [name, times] : calls) {
      std::uint64_t operators = 1;
      if (const auto at = functions_.find(name); at != functions_.end()) {
        Function& function = at->second;
        if (function.open || depth > kGraphDepthMax) {
          return bad(
              std::format("the model's function {} calls itself, or functions in functions "
                          "more than {} deep",
                          wire::shown(name.second), kGraphDepthMax));
        }
        if (!function.operators) {
          function.open = true;
          WEFT_TRY(function.operators, expanded(function.calls, depth + 1));
          function.open = false;
        }
        operators = *function.operators;
      }
      if (operators != 0 && times > kOperatorsMax / operators) return kOperatorsMax + 1;
      out = std::min(out + operators * times, kOperatorsMax + 1);
    }
    return out;
  }

  const fs::path& folder_;
  std::vector<std::string_view> graphs_;
  std::map<Operator, Function> functions_;
};

}  // namespace

Result<void> check_model(std::string_view bytes, const fs::path& folder) {
  if (bytes.starts_with("\x80") || bytes.starts_with("PK\x03\x04")) {
    return bad(
        "this is no ONNX model but a Python pickle (or a PyTorch file), which would run "
        "whatever code it holds: export it with torch.onnx.export");
  }
  return Check(folder).model(bytes);
}

}  // namespace weft::ml::onnx
