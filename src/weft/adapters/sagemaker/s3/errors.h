// S3's errors: a name, a status and a text each ("Error responses" of the S3 API Reference). Owned
// by adapters/sagemaker; pure.
//
// Within the S3 endpoint an Error carries the name as its `param`; what comes from the store has
// none, and gets one by what it is.
#pragma once

#include <string>
#include <string_view>

#include "weft/base/result.h"

namespace weft::adapters::sagemaker::s3 {

/// `return wrong("NoSuchKey");` with S3's own text, or another.
std::unexpected<Error> wrong(std::string_view code, std::string message = {});
/// What S3 can do and weft does not, by name and with what to do instead.
std::unexpected<Error> not_implemented(std::string message);

struct Told {
  int status = 500;
  std::string code;
  std::string message;
};
Told told(const Error& error);

/// The body of an error's answer; `resource`: what it is about, `more`: further elements, as XML.
std::string error_xml(const Told& told, std::string_view resource, std::string_view request_id,
                      std::string_view more = {});

}  // namespace weft::adapters::sagemaker::s3
