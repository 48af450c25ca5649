#include "weft/store/sqlite/tables.h"

#include <format>

#include "weft/store/limits.h"
#include "weft/store/record.h"

namespace weft::store::sqlite {
namespace {

Result<void> check_names(std::string_view space, std::string_view key) {
  if (space.empty() || space.size() > kSpaceCharsMax || key.size() > kKeyCharsMax) {
    return fail(Reason::invalid_argument,
                std::format("a space has 1 to {} characters, a key at most {}", kSpaceCharsMax,
                            kKeyCharsMax));
  }
  if (space.contains('\0') || key.contains('\0')) {
    return fail(Reason::invalid_argument, "a key holds no zero byte");
  }
  return {};
}

Result<json::value> value_of(std::string_view text, std::string_view space, std::string_view key) {
  return from_text(text, std::format("the row `{}` of `{}`", key, space));
}

Result<std::vector<Row>> read_rows(Connection& connection, const std::string& space,
                                   const std::string& prefix, const std::string& after,
                                   std::size_t limit) {
  std::vector<Row> out;
  Statement rows(
      connection,
      "SELECT key, value FROM cell WHERE space = ?1 AND key >= ?2 AND (?3 = '' OR key > ?3) "
      "AND substr(key, 1, length(?2)) = ?2 ORDER BY key LIMIT ?4");
  rows.bind(space).bind(prefix).bind(after).bind(
      static_cast<std::int64_t>(std::min(limit, kPageMax)));
  while (rows.row()) {
    Row row{std::string(rows.text(0)), {}};
    WEFT_TRY(row.value, value_of(rows.text(1), space, row.key));
    out.push_back(std::move(row));
  }
  return out;
}

}  // namespace

Awaitable<Result<std::optional<json::value>>> SqliteTables::get(std::string space,
                                                                std::string key) {
  using Found = std::optional<json::value>;
  co_return co_await database_.read<Found>(
      [space = std::move(space), key = std::move(key)](Connection& connection) -> Result<Found> {
        Statement row(connection, "SELECT value FROM cell WHERE space = ? AND key = ?");
        if (!row.bind(space).bind(key).row()) return std::nullopt;
        WEFT_TRY(json::value value, value_of(row.text(0), space, key));
        return value;
      });
}

Awaitable<Result<void>> SqliteTables::put(std::string space, std::string key, json::value value) {
  WEFT_CO_CHECK(check_names(space, key));
  WEFT_CO_TRY(std::string text, to_text(value, "the value"));
  const std::size_t bytes = space.size() + key.size() + text.size();
  co_return co_await database_.write<void>(
      bytes,
      [space = std::move(space), key = std::move(key),
       text = std::move(text)](Connection& connection) -> Result<void> {
        Statement(connection, "INSERT OR REPLACE INTO cell (space, key, value) VALUES (?, ?, ?)")
            .bind(space)
            .bind(key)
            .bind(text)
            .run();
        return {};
      });
}

Awaitable<Result<bool>> SqliteTables::erase(std::string space, std::string key) {
  const std::size_t bytes = space.size() + key.size();
  co_return co_await database_.write<bool>(
      bytes,
      [space = std::move(space), key = std::move(key)](Connection& connection) -> Result<bool> {
        bool found = false;
        {
          Statement row(connection, "SELECT 1 FROM cell WHERE space = ? AND key = ?");
          found = row.bind(space).bind(key).row();
        }
        Statement(connection, "DELETE FROM cell WHERE space = ? AND key = ?")
            .bind(space)
            .bind(key)
            .run();
        return found;
      });
}

Awaitable<Result<std::vector<Row>>> SqliteTables::scan(std::string space, std::string prefix,
                                                       std::string after, std::size_t limit) {
  co_return co_await database_.read<std::vector<Row>>(
      [space = std::move(space), prefix = std::move(prefix), after = std::move(after), limit](
          Connection& connection) { return read_rows(connection, space, prefix, after, limit); });
}

}  // namespace weft::store::sqlite
