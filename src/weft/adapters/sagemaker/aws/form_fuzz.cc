// Forms of strangers, with shapes and without; whatever is read can be written as XML.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "weft/adapters/sagemaker/aws/form.h"
#include "weft/adapters/sagemaker/aws/testing_shapes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weft::adapters;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string out;
  if (const auto form = sagemaker::read_form(text, nullptr, sagemaker::kNone))
    sagemaker::write_xml(out, form->parameters, nullptr, sagemaker::kNone);
  const sagemaker::Shapes& shapes = sagemaker::testing::metric_shapes();
  if (const auto form = sagemaker::read_form(text, &shapes, 0))
    sagemaker::write_xml(out, form->parameters, &shapes, 0);
  return 0;
}
