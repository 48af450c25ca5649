// Whatever a broker sends: an answer, never a crash; and what is read of a message is written as a
// message that reads the same.
#include <cstdint>

#include "weft/wire/mqtt.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weft::wire;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  while (true) {
    const auto frame = next_mqtt_frame(bytes, 1 << 16);
    if (!frame || !*frame) return 0;
    (void)read_mqtt_connack(**frame);
    (void)read_mqtt_ack(**frame);
    (void)read_mqtt_disconnect(**frame);
    if (const auto message = read_mqtt_publish(**frame)) {
      const auto again = write_mqtt(*message);
      if (again) {
        const auto whole = next_mqtt_frame(*again, again->size());
        WEFT_ASSERT(whole && *whole && read_mqtt_publish(**whole) == *message);
      }
    }
    bytes.remove_prefix((*frame)->bytes);
  }
}
