// Whatever a solution replies: an answer, never a crash. The first line is the content type, the
// second the state; the rest is the payload.
#include <cstdint>

#include "weft/adapters/mqtt/codec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weft::adapters::mqtt;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto line = [&] {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view out = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return std::string(out);
  };
  weft::wire::MqttPublish message;
  message.topic = "a";
  message.content_type = line();
  message.user.emplace_back("status", line());
  message.payload = text;
  SkillConfig skill;
  skill.text = "message";
  for (const bool property : {true, false}) {
    skill.state.place = WordPlace{property, "status"};
    skill.until = skill.state.place;
    skill.until_words = {"done"};
    auto reply = read_reply(skill, message);
    if (!reply) continue;
    (void)note_of(skill, *reply);
    (void)error_of(*reply);
    (void)question_of(*reply);
    (void)is_last(skill, message, reply->content);
    (void)output_of(skill, std::move(reply->content));
  }
  return 0;
}
