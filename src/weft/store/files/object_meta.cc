#include "weft/store/files/object_meta.h"

#include "weft/base/hex.h"
#include "weft/base/json.h"

namespace weft::store::files {
namespace {

json::object to_json(const std::map<std::string, std::string>& of) {
  json::object out;
  for (const auto& [name, value] : of) out[name] = value;
  return out;
}

std::map<std::string, std::string> map_from(const json::object* object) {
  std::map<std::string, std::string> out;
  if (object == nullptr) return out;
  for (const auto& [name, value] : *object) {
    if (value.is_string()) out[name] = value.get_string();
  }
  return out;
}

std::int64_t nanoseconds(const struct stat& of) {
  return of.st_mtim.tv_sec * 1'000'000'000 + of.st_mtim.tv_nsec;
}

}  // namespace

std::string hex_of(std::string_view bytes) {
  return hex({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

json::object to_json(const ObjectMeta& meta) {
  return {{"type", meta.content_type},
          {"headers", to_json(meta.headers)},
          {"checksums", to_json(meta.checksums)}};
}

ObjectMeta meta_from(const json::object& object) {
  return {.content_type = std::string(json::string_at(object, "type")),
          .headers = map_from(json::object_at(object, "headers")),
          .checksums = map_from(json::object_at(object, "checksums"))};
}

std::string meta_text(const std::string& key, const struct stat& of, const std::string& etag,
                      const ObjectMeta& meta) {
  json::object out = to_json(meta);
  out["key"] = key;
  out["size"] = static_cast<std::int64_t>(of.st_size);
  out["mtime_ns"] = nanoseconds(of);
  out["etag"] = etag;
  return json::write(out);
}

bool read_meta(std::string_view text, const struct stat& of, ObjectInfo& info) {
  const auto read = json::parse_object(text, "an object's meta");
  if (!read) return false;
  const bool same = json::string_at(*read, "key") == info.key &&
                    json::int_at(*read, "size") == static_cast<std::int64_t>(of.st_size) &&
                    json::int_at(*read, "mtime_ns") == nanoseconds(of);
  if (!same) return false;
  info.etag = json::string_at(*read, "etag");
  info.meta = meta_from(*read);
  return true;
}

}  // namespace weft::store::files
