// Detection and joining of services with an OpenAPI document.
#include <array>
#include <filesystem>
#include <format>
#include <fstream>

#include "weft/adapters/common/upstream.h"
#include "weft/adapters/openapi/client.h"
#include "weft/adapters/openapi/limits.h"
#include "weft/base/log.h"

namespace weft::adapters::openapi {
namespace {

constexpr std::array<std::string_view, 6> kUsualPlaces{"/openapi.json", "/openapi.yaml",
                                                       "/swagger.json", "/api/openapi.json",
                                                       "/v3/api-docs",  "/swagger/v1/swagger.json"};

/// A document and where it was found.
struct Found {
  Document document;
  std::optional<Url> url;
  std::string where;
  /// Where the operator pointed, not at one of the usual places.
  bool as_given = false;
};

bool is_file(std::string_view url) {
  return url.starts_with("file:") || (!url.starts_with("http://") && !url.starts_with("https://"));
}

Result<std::string> read_file(std::string_view url) {
  std::string path(url);
  if (url.starts_with("file:")) {
    std::string_view rest = url.substr(5);
    if (rest.starts_with("//")) rest = rest.substr(std::min(rest.find('/', 2), rest.size()));
    WEFT_TRY(path, percent_decode(rest));
  }
  std::error_code failed;
  const auto size = std::filesystem::file_size(path, failed);
  if (failed)
    return fail(Reason::unavailable,
                std::format("the file {} cannot be read: {}", path, failed.message()));
  if (size > kDocumentBytesMax) {
    return fail(Reason::too_large,
                std::format("the file {} is longer than {} bytes", path, kDocumentBytesMax));
  }
  std::ifstream in(path, std::ios::binary);
  std::string text(size, '\0');
  in.read(text.data(), static_cast<std::streamsize>(size));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

/// Where a document could be: the URL itself when it has a path, below it, and the usual places of
/// the host.
std::vector<Url> places(const Url& given) {
  std::vector<Url> urls;
  std::string path = given.path;
  while (path.ends_with('/')) path.pop_back();
  if (!path.empty()) {
    urls.push_back(given);
    if (!path.ends_with(".json") && !path.ends_with(".yaml") && !path.ends_with(".yml")) {
      urls.push_back(given.with_target(path + "/openapi.json"));
    }
  }
  for (const auto place : kUsualPlaces) urls.push_back(given.with_target(place));
  return urls;
}

class OpenApiProtocol final : public hub::Protocol {
 public:
  explicit OpenApiProtocol(Environment& environment) : environment_(environment) {}

  std::string_view name() const override { return "openapi"; }

  Awaitable<hub::Finding> probe(hub::JoinRequest request, hub::CallContext context) override {
    hub::Finding finding;
    std::string tried;
    auto found = co_await find(std::move(request), context, tried);
    finding.tried = std::move(tried);
    if (!found) co_return finding;
    finding.spoken = true;
    finding.confidence = found->as_given ? 1 : 0.8;
    finding.protocol_version = found->document.version;
    if (found->url) finding.url = found->url->str();
    const auto* info = json::object_at(found->document.root.get_object(), "info");
    finding.how =
        std::format("{} gave an OpenAPI {} document \"{}\"", found->where, found->document.version,
                    info ? json::string_at(*info, "title") : std::string_view());
    co_return finding;
  }

  Awaitable<Result<hub::Joined>> connect(hub::JoinRequest request, hub::Finding finding,
                                         hub::CallContext context) override {
    hub::JoinRequest at = request;
    if (!finding.url.empty()) at.url = finding.url;
    std::string tried;
    auto found = co_await find(std::move(at), context, tried);
    if (!found) {
      co_return fail(Reason::upstream_protocol,
                     std::format("no OpenAPI document was found: {}", tried));
    }
    WEFT_CO_TRY(Catalog catalog, read_catalog(found->document, found->url));
    for (const auto& note : catalog.notes) log::info("openapi: {}: {}", request.url, note);
    if (catalog.operations.empty()) {
      co_return fail(Reason::upstream_protocol,
                     "the OpenAPI document has no operation that can be called");
    }
    hub::Joined joined;
    joined.solution = catalog.solution;
    OpenApiService::Parts parts{.clients = environment_.clients,
                                .random = environment_.hub.random(),
                                .request = std::move(request),
                                .document_url = found->url,
                                .catalog = std::move(catalog)};
    joined.service = std::make_shared<OpenApiService>(std::move(parts));
    co_return joined;
  }

 private:
  Awaitable<std::optional<Found>> find(hub::JoinRequest request, hub::CallContext context,
                                       std::string& tried) {
    if (is_file(request.url)) co_return find_file(request.url, tried);
    auto given = parse_url(request.url);
    if (!given) {
      tried = given.error().message;
      co_return std::nullopt;
    }
    for (const Url& url : places(*given)) {
      auto text = co_await fetch_document(environment_.clients, request, url, context);
      auto document = text ? read_document(*text) : std::unexpected(text.error());
      const std::string where = std::format("GET {}", url.target());
      if (document) {
        const bool as_given = url.str() == given->str();
        co_return Found{std::move(*document), url, where, as_given};
      }
      tried += std::format("{}{}: {}", tried.empty() ? "" : "; ", where, document.error().message);
      const bool gone = !text && text.error().reason != Reason::upstream_protocol;
      if (gone || context.cancel.cancelled()) break;
    }
    co_return std::nullopt;
  }

  static std::optional<Found> find_file(const std::string& path, std::string& tried) {
    auto text = read_file(path);
    auto document = text ? read_document(*text) : std::unexpected(text.error());
    if (document) return Found{std::move(*document), std::nullopt, path, true};
    tried = std::format("{}: {}", path, document.error().message);
    return std::nullopt;
  }

  Environment& environment_;
};

}  // namespace

Awaitable<Result<std::string>> fetch_document(net::HttpClients& clients, hub::JoinRequest request,
                                              Url url, hub::CallContext context) {
  WEFT_CO_TRY(auto to_send, solution_request(request, "GET", url, context));
  to_send.headers.set("Accept", "application/json, application/yaml;q=0.9, */*;q=0.5");
  WEFT_CO_TRY(auto response,
              co_await clients.at(context.executor).send(std::move(to_send), context.cancel));
  const int status = response->head().status;
  if (status != 200) co_return fail(Reason::upstream_protocol, std::format("{}", status));
  auto body = co_await response->read_all(kDocumentBytesMax);
  if (!body && body.error().reason == Reason::too_large) {
    co_return fail(Reason::upstream_protocol,
                   std::format("longer than {} bytes", kDocumentBytesMax));
  }
  co_return body;
}

std::unique_ptr<hub::Protocol> make_protocol(Environment& environment) {
  return std::make_unique<OpenApiProtocol>(environment);
}

}  // namespace weft::adapters::openapi
