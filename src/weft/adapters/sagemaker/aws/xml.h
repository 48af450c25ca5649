// XML as AWS's answers have it, written piece by piece. Owned by adapters/sagemaker; pure.
#pragma once

#include <string>
#include <string_view>

namespace weft::adapters::sagemaker {

inline constexpr std::string_view kXmlHead = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// The text as it may stand between tags. A control character becomes a reference to it, as S3
/// writes it.
void append_xml_text(std::string& out, std::string_view text);

/// An element that is closed when it goes.
class XmlElement {
 public:
  XmlElement(std::string& out, std::string_view name, std::string_view xmlns = "");
  ~XmlElement();
  XmlElement(const XmlElement&) = delete;
  XmlElement& operator=(const XmlElement&) = delete;

 private:
  std::string& out_;
  std::string name_;
};

/// `<name>text</name>`
void append_xml(std::string& out, std::string_view name, std::string_view text);

}  // namespace weft::adapters::sagemaker
