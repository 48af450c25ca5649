#include "weft/model/codec.h"
#include "weft/model/fields.h"

namespace weft::model {

json::object to_json(const Skill& skill) {
  json::object o;
  o["id"] = text_value(skill.id.str());
  put(o, "title", skill.title);
  put(o, "description", skill.description);
  o["shape"] = to_string(skill.shape);
  put(o, "input_schema", skill.input_schema);
  put(o, "output_schema", skill.output_schema);
  put(o, "media_in", skill.media_in);
  put(o, "media_out", skill.media_out);
  json::object effects;
  put(effects, "read_only", skill.effects.read_only);
  put(effects, "idempotent", skill.effects.idempotent);
  put(effects, "destructive", skill.effects.destructive);
  put(effects, "open_world", skill.effects.open_world);
  if (const auto& cost = skill.effects.cost) {
    json::object price{{"amount", cost->amount}};
    put(price, "currency", cost->currency);
    put(effects, "cost", price);
  }
  put(effects, "dedup_key", skill.effects.dedup_key);
  put(o, "effects", effects);
  put(o, "examples", skill.examples);
  put(o, "tags", skill.tags);
  return o;
}

json::object to_json(const Solution& solution) {
  json::object o;
  o["id"] = text_value(solution.id.str());
  put(o, "title", solution.title);
  put(o, "description", solution.description);
  put(o, "version", solution.version);
  o["kind"] = to_string(solution.kind);
  put(o, "protocol", solution.protocol);
  put(o, "protocol_version", solution.protocol_version);
  put(o, "url", solution.url);
  json::object caps;
  caps["stream"] = solution.caps.stream;
  caps["tasks"] = solution.caps.tasks;
  caps["cancel"] = solution.caps.cancel;
  caps["multi_turn"] = solution.caps.multi_turn;
  caps["ask"] = solution.caps.ask;
  o["capabilities"] = std::move(caps);
  json::array skills;
  for (const auto& skill : solution.skills) skills.push_back(to_json(skill));
  o["skills"] = std::move(skills);
  return o;
}

}  // namespace weft::model
