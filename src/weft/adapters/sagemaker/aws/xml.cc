#include "weft/adapters/sagemaker/aws/xml.h"

#include <format>

namespace weft::adapters::sagemaker {

void append_xml_text(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') {
          out += std::format("&#{};", static_cast<int>(c));
        } else {
          out += c;
        }
    }
  }
}

XmlElement::XmlElement(std::string& out, std::string_view name, std::string_view xmlns)
    : out_(out), name_(name) {
  out_ += '<';
  out_ += name_;
  if (!xmlns.empty()) {
    out_ += " xmlns=\"";
    append_xml_text(out_, xmlns);
    out_ += '"';
  }
  out_ += '>';
}

XmlElement::~XmlElement() {
  out_ += "</";
  out_ += name_;
  out_ += '>';
}

void append_xml(std::string& out, std::string_view name, std::string_view text) {
  const XmlElement element(out, name);
  append_xml_text(out, text);
}

}  // namespace weft::adapters::sagemaker
