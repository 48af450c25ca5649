// Any request for skills of every shape: calls are made of it or it is refused; and any answer of a
// server is read or refused.
#include <cstdint>

#include "weft/adapters/oip/answers.h"
#include "weft/adapters/oip/codec.h"
#include "weft/adapters/oip/errors.h"
#include "weft/adapters/oip/metadata.h"
#include "weft/adapters/oip/outgoing.h"

namespace weft::adapters::oip {
namespace {

model::Skill skill_of(std::uint8_t choice) {
  model::Skill out;
  out.id = SkillId("s");
  out.shape = static_cast<model::Shape>(choice % 4);
  if (choice % 8 >= 4) {
    out.input_schema = json::parse(R"({"type":"object","properties":{
        "a":{"type":"string"},"b":{"type":"array","items":{"type":"number"}}}})")
                           .value();
  }
  return out;
}

void try_request(std::string_view body, const model::Skill& skill) {
  const auto request = wire::read_oip_request(body, std::nullopt);
  if (!request) return;
  const ModelView view = view_of(skill, nullptr);
  const auto calls = calls_of(view, skill, *request);
  if (!calls) return;
  if (calls->args.empty()) __builtin_trap();
  std::vector<model::Output> outputs;
  for (const json::value& args : calls->args) outputs.emplace_back().data = args;
  std::vector<model::Loss> losses;
  const auto response = response_of(view, *calls, outputs, losses);
  if (response && !wire::read_oip_response(wire::write_oip(*response, *request).body,
                                           wire::write_oip(*response, *request).json_bytes))
    __builtin_trap();
}

void try_answer(std::string_view body) {
  if (const auto answer = read_answer(body, std::nullopt)) {
    (void)output_of(*answer, model::Shape::predict);
    (void)output_of(*answer, model::Shape::converse);
    (void)output_of_own(*answer, model::Shape::embed);
  }
  (void)read_error(500, {}, body);
  (void)read_names(body);
  GeneratedReader generated(true);
  (void)generated.read(body);
  std::vector<model::Loss> losses;
  (void)generated.take(losses);
  const auto server = read_server(body).value_or(ServerAbout{.name = "weft"});
  const auto model = read_model(body, server);
  if (!model) return;
  model::Call call;
  call.args = json::object{{"message", "hello"}};
  call.turns.push_back(model::Turn{"", model::Role::user, "", {model::Part::text("hello")}});
  (void)infer_request(*model, call);
  (void)generate_request(*model, call);
  (void)losses_of_header(body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  try_request(body, skill_of(data[0]));
  try_answer(body);
  return 0;
}

}  // namespace weft::adapters::oip
