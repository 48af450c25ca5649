// Any body of any type, for skills of every shape: it is read or refused, and its answer is written
// in every form.
#include <array>
#include <cstdint>

#include "weft/adapters/sagemaker/runtime/bodies.h"
#include "weft/adapters/sagemaker/runtime/lines.h"

namespace weft::adapters::sagemaker::runtime {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static constexpr std::array<std::string_view, 6> kTypes{
      "application/json", "text/csv", "text/plain", "application/jsonlines", "image/png", ""};
  if (size < 2) return 0;
  model::Skill skill;
  skill.shape = static_cast<model::Shape>(data[0] % 4);
  if (data[1] % 2 == 0) {
    skill.input_schema =
        json::parse(R"({"type":"object","properties":{"x":{"type":"array"}}})").value();
  }
  const std::string_view type = kTypes[data[0] / 4 % kTypes.size()];
  const std::string_view body(reinterpret_cast<const char*>(data) + 2, size - 2);
  const auto read = read_body(skill, type, body);
  if (!read) return 0;
  model::Output output;
  output.turns = read->turns;
  output.data = read->args;
  for (const std::string_view accept : {"", "text/csv", "text/plain", "application/json"}) {
    if (!write_body(output, read->form, accept) && accept.empty()) __builtin_trap();
    LineWriter lines(read->form, accept);
    std::string out;
    lines.end(out, output, read->losses);
  }
  return 0;
}

}  // namespace weft::adapters::sagemaker::runtime
