#include "weft/adapters/sagemaker/s3/bodies.h"

#include <pugixml.hpp>

#include <charconv>
#include <format>

#include "weft/adapters/sagemaker/s3/errors.h"
#include "weft/adapters/sagemaker/s3/limits.h"
#include "weft/wire/base64.h"

namespace weft::adapters::sagemaker::s3 {
namespace {

/// A key may be a space alone.
constexpr unsigned kHowToParse = pugi::parse_default | pugi::parse_ws_pcdata_single;

/// The name without the prefix of its namespace.
std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  return name.substr(name.find(':') + 1);
}

std::string text_of(const pugi::xml_node& node) { return node.text().get(); }

Result<pugi::xml_node> root_of(pugi::xml_document& document, std::string_view xml,
                               std::string_view name) {
  if (xml.size() > kXmlBytesMax || !wire::is_utf8(xml)) return wrong("MalformedXML");
  const auto parsed =
      document.load_buffer(xml.data(), xml.size(), kHowToParse, pugi::encoding_utf8);
  const pugi::xml_node root = document.document_element();
  if (!parsed || local_name(root) != name) return wrong("MalformedXML");
  return root;
}

std::string unquoted(std::string etag) {
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"')
    return etag.substr(1, etag.size() - 2);
  return etag;
}

Result<std::string> key_of(const pugi::xml_node& object) {
  std::string key;
  for (const pugi::xml_node& member : object.children()) {
    const std::string_view name = local_name(member);
    if (name == "Key") key = text_of(member);
    if (name == "VersionId" && text_of(member) != "null")
      return not_implemented("weft keeps one version of an object; leave VersionId out");
    if (name == "ETag" || name == "Size" || name == "LastModifiedTime") {
      return not_implemented(
          std::format("weft does not delete under the condition {}; leave it out", name));
    }
  }
  if (key.empty() || key.size() > kKeyBytesMax) return wrong("MalformedXML");
  return key;
}

}  // namespace

Result<std::vector<std::pair<int, std::string>>> read_parts(std::string_view xml) {
  pugi::xml_document document;
  WEFT_TRY(const pugi::xml_node root, root_of(document, xml, "CompleteMultipartUpload"));
  std::vector<std::pair<int, std::string>> out;
  for (const pugi::xml_node& part : root.children()) {
    if (part.type() != pugi::node_element) continue;
    if (local_name(part) != "Part" || out.size() >= static_cast<std::size_t>(kPartNumberMax))
      return wrong("MalformedXML");
    int number = 0;
    std::string etag;
    for (const pugi::xml_node& member : part.children()) {
      const std::string text = text_of(member);
      if (local_name(member) == "ETag") etag = unquoted(text);
      if (local_name(member) != "PartNumber") continue;
      const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
      if (read.ec != std::errc() || read.ptr != text.data() + text.size())
        return wrong("MalformedXML");
    }
    if (number < 1 || number > kPartNumberMax || etag.empty()) return wrong("MalformedXML");
    out.emplace_back(number, std::move(etag));
  }
  if (out.empty()) return wrong("MalformedXML");
  return out;
}

Result<Deletion> read_deletion(std::string_view xml) {
  pugi::xml_document document;
  WEFT_TRY(const pugi::xml_node root, root_of(document, xml, "Delete"));
  Deletion out;
  for (const pugi::xml_node& member : root.children()) {
    if (local_name(member) == "Quiet") out.quiet = text_of(member) == "true";
    if (local_name(member) != "Object") continue;
    if (out.keys.size() >= kDeletedAtOnceMax) return wrong("MalformedXML");
    WEFT_TRY(std::string key, key_of(member));
    out.keys.push_back(std::move(key));
  }
  if (out.keys.empty()) return wrong("MalformedXML");
  return out;
}

Result<std::string> read_location(std::string_view xml) {
  pugi::xml_document document;
  WEFT_TRY(const pugi::xml_node root, root_of(document, xml, "CreateBucketConfiguration"));
  std::string out;
  for (const pugi::xml_node& member : root.children()) {
    if (member.type() != pugi::node_element) continue;
    if (local_name(member) != "LocationConstraint") {
      return not_implemented(
          std::format("a bucket has a LocationConstraint and no {}; leave it out",
                      std::string_view(local_name(member)).substr(0, 64)));
    }
    out = text_of(member);
  }
  return out;
}

}  // namespace weft::adapters::sagemaker::s3
