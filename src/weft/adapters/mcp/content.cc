#include "weft/adapters/mcp/content.h"

#include <format>

#include "weft/base/url.h"
#include "weft/wire/base64.h"

namespace weft::adapters::mcp {

json::object text_block(std::string_view text) { return {{"type", "text"}, {"text", text}}; }

namespace {

using model::Loss;
using model::LossKind;
using model::Part;

void lose(std::vector<Loss>& losses, std::string_view path, std::string from, std::string to,
          LossKind kind, std::string note) {
  losses.push_back(Loss{std::string(path), std::move(from), std::move(to), kind, std::move(note)});
}

/// A file that has no address of its own: its name follows.
constexpr std::string_view kBlobUri = "weft://blob/";

/// Fields of `block` other than the named ones, kept in the part's meta.
json::object rest_of(const json::object& block, std::initializer_list<std::string_view> known) {
  json::object rest;
  for (const auto& [key, value] : block) {
    if (std::ranges::find(known, std::string_view(key)) == known.end()) rest.emplace(key, value);
  }
  return rest;
}

void keep_rest(Part& part, json::object rest) {
  if (!rest.empty()) part.meta["mcp"] = std::move(rest);
}

const json::object* kept_rest(const Part& part) { return json::object_at(part.meta, "mcp"); }

void add_rest(json::object& block, const Part& part) {
  const json::object* rest = kept_rest(part);
  if (rest == nullptr) return;
  for (const auto& [key, value] : *rest) {
    if (key != "resource" && !block.contains(key)) block.emplace(key, value);
  }
}

bool starts_with_type(std::string_view media_type, std::string_view family) {
  return media_type.starts_with(family);
}

json::object blob_block(const Part& part, const model::Blob& blob) {
  const std::string media = part.media_type.empty() ? "application/octet-stream" : part.media_type;
  const json::object* rest = kept_rest(part);
  const json::object* resource = rest == nullptr ? nullptr : json::object_at(*rest, "resource");
  if (resource == nullptr && blob.filename.empty()) {
    if (starts_with_type(media, "image/") || starts_with_type(media, "audio/")) {
      const std::string_view type = media.starts_with("image/") ? "image" : "audio";
      return {{"type", type}, {"data", wire::base64_encode(blob.bytes)}, {"mimeType", media}};
    }
  }
  json::object held = resource == nullptr ? json::object() : *resource;
  const bool as_text =
      json::bool_at(held, "weft_text").value_or(false) && wire::is_utf8(blob.bytes);
  held.erase("weft_text");
  if (!held.contains("uri")) {
    const std::string name = blob.filename.empty() ? "" : percent_encode(blob.filename);
    held["uri"] = std::string(kBlobUri) + name;
  }
  if (!part.media_type.empty()) held["mimeType"] = part.media_type;
  if (as_text) {
    held["text"] = blob.bytes;
  } else {
    held["blob"] = wire::base64_encode(blob.bytes);
  }
  return {{"type", "resource"}, {"resource", std::move(held)}};
}

json::object link_block(const Part& part, const model::Link& link) {
  json::object block{{"type", "resource_link"}, {"uri", link.uri}};
  block["name"] = link.name.empty() ? link.uri : link.name;
  if (!part.media_type.empty()) block["mimeType"] = part.media_type;
  if (link.size) block["size"] = *link.size;
  return block;
}

json::object tensor_block(const model::Tensor& tensor, std::string_view path,
                          std::vector<Loss>& losses) {
  lose(losses, path, "tensor", "resource", LossKind::approximated,
       "data type and shape are in the URI's query");
  std::string shape;
  for (const std::int64_t extent : tensor.shape)
    shape += (shape.empty() ? "" : ",") + std::to_string(extent);
  std::string bytes = tensor.bytes;
  for (const std::string& element : tensor.elements) bytes += element;
  const std::string uri =
      std::format("weft://tensor/{}?datatype={}&shape={}", percent_encode(tensor.name),
                  percent_encode(tensor.datatype), percent_encode(shape));
  json::object resource{
      {"uri", uri}, {"mimeType", "application/octet-stream"}, {"blob", wire::base64_encode(bytes)}};
  return {{"type", "resource"}, {"resource", std::move(resource)}};
}

json::value special_block(const Part& part, std::string_view path, std::vector<Loss>& losses) {
  if (const auto* tensor = std::get_if<model::Tensor>(&part.body))
    return tensor_block(*tensor, path, losses);
  if (const auto* refusal = std::get_if<model::Refusal>(&part.body)) {
    lose(losses, path, "refusal", "text", LossKind::approximated, "");
    return text_block(refusal->text);
  }
  if (const auto* result = std::get_if<model::ToolResult>(&part.body)) {
    lose(losses, path, "tool_result", "text", LossKind::approximated, "");
    return text_block(model::joined_text(result->parts, true));
  }
  const bool thought = std::holds_alternative<model::Reasoning>(part.body);
  lose(losses, path, thought ? "reasoning" : "tool_call", "content", LossKind::dropped, "");
  return nullptr;
}

}  // namespace

json::value block_of(const Part& part, std::string_view path, std::vector<Loss>& losses) {
  json::object block;
  if (const auto* text = std::get_if<model::Text>(&part.body)) {
    block = text_block(text->text);
  } else if (const auto* data = std::get_if<model::Data>(&part.body)) {
    block = text_block(json::write(data->json));
    lose(losses, path, "data", "text", LossKind::approximated,
         "structured content inside a turn is written as JSON");
  } else if (const auto* blob = std::get_if<model::Blob>(&part.body)) {
    block = blob_block(part, *blob);
  } else if (const auto* link = std::get_if<model::Link>(&part.body)) {
    block = link_block(part, *link);
  } else {
    return special_block(part, path, losses);
  }
  add_rest(block, part);
  return block;
}

json::array content_of(const std::vector<Part>& parts, std::string_view path,
                       std::vector<Loss>& losses) {
  json::array content;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    json::value block = block_of(parts[i], std::format("{}/{}", path, i), losses);
    if (!block.is_null()) content.push_back(std::move(block));
  }
  return content;
}

namespace {

std::unexpected<Error> bad_block(std::string_view path, std::string_view what) {
  return fail(Reason::upstream_protocol, std::format("content block {}: {}", path, what));
}

Result<Part> blob_part(const json::object& block, std::string_view path) {
  const json::value* data = json::find(block, "data");
  if (data == nullptr || !data->is_string()) return bad_block(path, "has no `data`");
  auto bytes = wire::base64_decode(std::string_view(data->get_string()));
  if (!bytes) return bad_block(path, "`data` is not base64");
  Part part{
      model::Blob{*std::move(bytes), {}}, std::string(json::string_at(block, "mimeType")), {}};
  keep_rest(part, rest_of(block, {"type", "data", "mimeType"}));
  return part;
}

Result<Part> link_part(const json::object& block, std::string_view path) {
  const std::string_view uri = json::string_at(block, "uri");
  if (uri.empty()) return bad_block(path, "a resource_link without `uri`");
  model::Link link{std::string(uri), std::string(json::string_at(block, "name")), std::nullopt};
  const auto size = json::int_at(block, "size");
  if (size && *size >= 0) link.size = static_cast<std::uint64_t>(*size);
  const bool has_size = link.size.has_value();
  Part part{std::move(link), std::string(json::string_at(block, "mimeType")), {}};
  json::object rest = rest_of(block, {"type", "uri", "name", "mimeType", "size"});
  if (!has_size && block.contains("size")) rest.emplace("size", block.at("size"));
  keep_rest(part, std::move(rest));
  return part;
}

Result<Part> resource_part(const json::object& block, std::string_view path) {
  const json::object* resource = json::object_at(block, "resource");
  if (resource == nullptr) return bad_block(path, "a resource without `resource`");
  json::object held = rest_of(*resource, {"text", "blob", "mimeType"});
  model::Blob blob;
  const json::value* text = json::find(*resource, "text");
  const json::value* bytes = json::find(*resource, "blob");
  if (text != nullptr && text->is_string()) {
    blob.bytes = std::string(text->get_string());
    held["weft_text"] = true;
  } else if (bytes != nullptr && bytes->is_string()) {
    auto decoded = wire::base64_decode(std::string_view(bytes->get_string()));
    if (!decoded) return bad_block(path, "`blob` is not base64");
    blob.bytes = *std::move(decoded);
  } else {
    return bad_block(path, "a resource with neither `text` nor `blob`");
  }
  if (const auto uri = json::string_at(*resource, "uri"); uri.starts_with(kBlobUri))
    blob.filename = percent_decode(uri.substr(kBlobUri.size())).value_or("");
  Part part{std::move(blob), std::string(json::string_at(*resource, "mimeType")), {}};
  json::object rest = rest_of(block, {"type", "resource"});
  rest["resource"] = std::move(held);
  keep_rest(part, std::move(rest));
  return part;
}

}  // namespace

Result<Part> part_of(const json::value& block, std::string_view path) {
  if (!block.is_object()) return bad_block(path, "is no object");
  const json::object& o = block.get_object();
  const std::string_view type = json::string_at(o, "type");
  if (type == "text") {
    const json::value* text = json::find(o, "text");
    if (text == nullptr || !text->is_string()) return bad_block(path, "has no `text`");
    Part part = Part::text(std::string(text->get_string()));
    keep_rest(part, rest_of(o, {"type", "text"}));
    return part;
  }
  if (type == "image" || type == "audio") return blob_part(o, path);
  if (type == "resource_link") return link_part(o, path);
  if (type == "resource") return resource_part(o, path);
  return bad_block(path, std::format("unknown type `{}`", type.substr(0, 64)));
}

Result<std::vector<Part>> parts_of(const json::array& content, std::string_view path) {
  std::vector<Part> parts;
  parts.reserve(content.size());
  for (std::size_t i = 0; i < content.size(); ++i) {
    std::string place(path);
    place += '/';
    place += std::to_string(i);
    WEFT_TRY(Part part, part_of(content[i], place));
    parts.push_back(std::move(part));
  }
  return parts;
}

}  // namespace weft::adapters::mcp
