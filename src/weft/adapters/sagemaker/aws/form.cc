#include "weft/adapters/sagemaker/aws/form.h"

#include <algorithm>
#include <charconv>
#include <format>
#include <map>
#include <optional>
#include <vector>

#include "weft/adapters/sagemaker/aws/times.h"
#include "weft/adapters/sagemaker/aws/xml.h"
#include "weft/adapters/sagemaker/limits.h"
#include "weft/base/url.h"
#include "weft/wire/base64.h"

namespace weft::adapters::sagemaker {
namespace {

using Kind = Shape::Kind;

/// The parameters by the segments of their names.
struct Node {
  std::optional<std::string> value;
  std::map<std::string, Node, std::less<>> children;

  const Node* only(std::string_view name) const {
    return children.size() == 1 && children.begin()->first == name ? &children.begin()->second
                                                                   : nullptr;
  }
};

std::unexpected<Error> wrong(std::string message) {
  return fail(Reason::invalid_argument, std::move(message));
}

/// `X-Amz-…` of a presigned request says how it was signed, not what it asks for.
bool of_signature(std::string_view name) {
  constexpr std::string_view kPrefix = "X-Amz-";
  return name.size() > kPrefix.size() && name.starts_with(kPrefix);
}

Result<void> put(Node& root, std::string_view name, std::string value) {
  Node* at = &root;
  for (std::size_t depth = 0;; ++depth) {
    if (depth >= kFormDepthMax) return wrong("a parameter's name has too many parts");
    const auto dot = name.find('.');
    at = &at->children[std::string(name.substr(0, dot))];
    if (dot == std::string_view::npos) break;
    name.remove_prefix(dot + 1);
  }
  at->value = std::move(value);
  return {};
}

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number out = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return out;
}

/// Children `1`, `2`, `3` … in their order.
Result<std::vector<const Node*>> numbered(const Node& node) {
  std::map<std::uint32_t, const Node*> sorted;
  for (const auto& [name, child] : node.children) {
    const auto number = number_of<std::uint32_t>(name);
    if (!number) return wrong(std::format("`{}` is no number of an element", name.substr(0, 64)));
    sorted[*number] = &child;
  }
  if (sorted.size() > kFormElementsMax) return wrong("a list has too many elements");
  std::vector<const Node*> out;
  out.reserve(sorted.size());
  for (const auto& [number, child] : sorted) out.push_back(child);
  return out;
}

class FormReader {
 public:
  explicit FormReader(const Shapes* shapes) : shapes_(shapes) {}

  Result<json::value> value(const Node& node, std::uint16_t shape) const {
    if (shapes_ == nullptr || shape == kNone) return guessed(node);
    const Shape& as = shapes_->at(shape);
    switch (as.kind) {
      case Kind::structure_: return structure(node, as);
      case Kind::list_: return list(node, as.of);
      case Kind::map_: return map(node, as.value);
      default: return scalar(node.value.value_or(""), as.kind);
    }
  }

 private:
  Result<json::value> guessed(const Node& node) const {
    if (node.children.empty()) return json::value(node.value.value_or(""));
    if (node.only("member") != nullptr) return list(node, kNone);
    if (node.only("entry") != nullptr) return map(node, kNone);
    json::object out;
    for (const auto& [name, child] : node.children) {
      WEFT_TRY(json::value each, value(child, kNone));
      out.emplace(name, std::move(each));
    }
    return json::value(std::move(out));
  }

  Result<json::value> structure(const Node& node, const Shape& as) const {
    json::object out;
    const auto members = shapes_->members_of(as);
    for (const auto& [name, child] : node.children) {
      const auto at = std::ranges::find(members, std::string_view(name), &Shape::Member::name);
      WEFT_TRY(json::value each, value(child, at == members.end() ? kNone : at->shape));
      out.emplace(name, std::move(each));
    }
    return json::value(std::move(out));
  }

  Result<json::value> list(const Node& node, std::uint16_t of) const {
    json::array out;
    const Node* members = node.only("member");
    // `Names=` is a list of nothing.
    WEFT_TRY(const auto elements, numbered(members != nullptr ? *members : node));
    for (const Node* element : elements) {
      WEFT_TRY(json::value each, value(*element, of));
      out.push_back(std::move(each));
    }
    return json::value(std::move(out));
  }

  Result<json::value> map(const Node& node, std::uint16_t of) const {
    json::object out;
    const Node* entries = node.only("entry");
    WEFT_TRY(const auto elements, numbered(entries != nullptr ? *entries : node));
    for (const Node* element : elements) {
      const auto key = element->children.find(std::string_view("key"));
      const auto item = element->children.find(std::string_view("value"));
      if (key == element->children.end() || item == element->children.end())
        return wrong("an entry of a map has a `key` and a `value`");
      WEFT_TRY(json::value each, value(item->second, of));
      out.insert_or_assign(key->second.value.value_or(""), std::move(each));
    }
    return json::value(std::move(out));
  }

  static json::value scalar(const std::string& text, Kind kind) {
    switch (kind) {
      case Kind::integer_:
      case Kind::long_:
        if (const auto number = number_of<std::int64_t>(text)) return json::value(*number);
        break;
      case Kind::float_:
      case Kind::double_:
        if (const auto number = number_of<double>(text)) return json::value(*number);
        break;
      case Kind::boolean_:
        if (text == "true" || text == "false") return json::value(text == "true");
        break;
      case Kind::timestamp_:
        if (const auto at = from_iso8601(text)) return json::value(*at);
        break;
      default: break;
    }
    return json::value(text);
  }

  const Shapes* shapes_;
};

class XmlAnswer {
 public:
  XmlAnswer(std::string& out, const Shapes* shapes) : out_(out), shapes_(shapes) {}

  void members(const json::object& object, std::uint16_t shape) {
    const Shape* as = shape_of(shape);
    for (const auto& [name, value] : object) {
      if (!value.is_null()) element(name, value, member_of(as, name));
    }
  }

 private:
  const Shape* shape_of(std::uint16_t shape) const {
    return shapes_ != nullptr && shape != kNone ? &shapes_->at(shape) : nullptr;
  }

  std::uint16_t member_of(const Shape* as, std::string_view name) const {
    if (as == nullptr || as->kind != Kind::structure_) return kNone;
    const auto all = shapes_->members_of(*as);
    const auto at = std::ranges::find(all, name, &Shape::Member::name);
    return at == all.end() ? kNone : at->shape;
  }

  void element(std::string_view name, const json::value& value, std::uint16_t shape) {
    const XmlElement open(out_, name);
    const Shape* as = shape_of(shape);
    if (value.is_array()) {
      for (const json::value& each : value.get_array())
        element("member", each, as != nullptr && as->kind == Kind::list_ ? as->of : kNone);
    } else if (value.is_object() && as != nullptr && as->kind == Kind::map_) {
      for (const auto& [key, each] : value.get_object()) {
        const XmlElement entry(out_, "entry");
        append_xml(out_, "key", key);
        element("value", each, as->value);
      }
    } else if (value.is_object()) {
      members(value.get_object(), shape);
    } else {
      scalar(value, as);
    }
  }

  void scalar(const json::value& value, const Shape* as) {
    if (value.is_string()) return append_xml_text(out_, value.get_string());
    if (value.is_null()) return;
    const bool time = as != nullptr && as->kind == Kind::timestamp_ && value.is_number();
    if (time) return append_xml_text(out_, to_iso8601(value.to_number<double>()));
    append_xml_text(out_,
                    value.is_double() ? std::format("{}", value.get_double()) : json::write(value));
  }

  std::string& out_;
  const Shapes* shapes_;
};

}  // namespace

Result<Form> read_form_names(std::string_view text) {
  Form out;
  std::size_t count = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    const std::string_view field = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (++count > kFormFieldsMax) return wrong("the form has too many parameters");
    if (field.starts_with("Action=")) out.action = parse_query(field).front().second;
    if (field.starts_with("Version=")) out.version = parse_query(field).front().second;
  }
  return out;
}

Result<Form> read_form(std::string_view text, const Shapes* shapes, std::uint16_t shape) {
  WEFT_TRY(Form out, read_form_names(text));
  Node root;
  for (auto& [name, value] : parse_query(text)) {
    if (!wire::is_utf8(name) || !wire::is_utf8(value)) return wrong("the form is not UTF-8");
    if (name == "Action" || name == "Version" || of_signature(name)) continue;
    WEFT_CHECK(put(root, name, std::move(value)));
  }
  if (root.children.empty()) return out;
  // The input itself is an object whatever its members are called.
  if (shapes == nullptr || shape == kNone) {
    for (const auto& [name, child] : root.children) {
      WEFT_TRY(json::value each, FormReader(nullptr).value(child, kNone));
      out.parameters.emplace(name, std::move(each));
    }
    return out;
  }
  WEFT_TRY(json::value whole, FormReader(shapes).value(root, shape));
  out.parameters = std::move(whole.as_object());
  return out;
}

void write_xml(std::string& out, const json::object& object, const Shapes* shapes,
               std::uint16_t shape) {
  XmlAnswer(out, shapes).members(object, shape);
}

}  // namespace weft::adapters::sagemaker
