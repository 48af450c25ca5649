// multipart/form-data bodies, written (RFC 7578). Owned by wire; pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weft/base/result.h"

namespace weft::wire {

struct FormPart {
  std::string name;
  std::string content;
  /// Empty for a plain field.
  std::string filename;
  /// Empty: none is sent.
  std::string content_type;
};

struct FormBody {
  /// `multipart/form-data; boundary=…`
  std::string content_type;
  std::string body;
};

/// Names and file names are escaped as browsers do it, so that none can end its field. Refuses a
/// content type that is no header value, and a boundary that occurs in a part (pass a random one).
Result<FormBody> write_form(const std::vector<FormPart>& parts, std::string_view boundary);

}  // namespace weft::wire
