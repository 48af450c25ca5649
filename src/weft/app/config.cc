#include "weft/app/config.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <format>
#include <map>

#include "weft/adapters/common/adapter.h"
#include "weft/adapters/sagemaker/aws/account.h"
#include "weft/app/config_document.h"
#include "weft/app/config_mqtt.h"
#include "weft/app/config_node.h"
#include "weft/app/config_policy.h"
#include "weft/app/files.h"
#include "weft/app/hidden_secrets.h"
#include "weft/app/solution_url.h"
#include "weft/app/terminal.h"
#include "weft/base/limits.h"
#include "weft/base/text.h"
#include "weft/base/url.h"
#include "weft/net/mqtt_client.h"
#include "weft/wire/http.h"

namespace weft::app {
namespace {

/// `${NAME}` is closed where it is opened; what it stands for is known where the hub runs.
void check_variables(ConfigNode& node, const std::string& key, std::string_view text) {
  while (true) {
    const auto open = text.find("${");
    if (open == std::string_view::npos) return;
    const auto close = text.find('}', open);
    if (close == std::string_view::npos) {
      return node.fault(node.at(key), "W1205",
                        std::format("`{}` begins a variable with `${{` and does not end it", key),
                        "${NAME}", "");
    }
    text.remove_prefix(close + 1);
  }
}

void check_file(ConfigNode& node, const std::string& key, const std::string& file) {
  if (file.empty() || ::access(file.c_str(), R_OK) == 0) return;
  node.fault(node.at(key), "W1210",
             std::format("{} cannot be read: {}", file, std::strerror(errno)), "a PEM file",
             "paths are taken from where `weft up` is started");
}

/// Without the slash at its end. Its name may stand in a request's Host.
std::string read_public_url(ConfigNode& node) {
  const auto text = node.text("public_url");
  if (!text) return "";
  const auto url = parse_url(*text);
  if (!url || url->target() != "/") {
    node.fault(node.at("public_url"), "W1205",
               std::format("`public_url` is no address of a hub: {}",
                           url ? "its paths begin at the root" : url.error().message),
               "https://weft.example", "");
    return "";
  }
  return std::format("{}://{}", url->scheme, url->authority());
}

/// What of `listen` is judged once `keys` is known.
struct Reach {
  YAML::Node host;
};

void read_listen(ConfigNode& node, Config& config, Reach& reach) {
  if (auto host = node.text("host")) config.host = *host;
  reach.host = node.at("host");
  if (auto port = node.integer("port", 0, 65'535)) config.port = static_cast<std::uint16_t>(*port);
  if (auto port = node.integer("grpc", 0, 65'535))
    config.grpc_port = static_cast<std::uint16_t>(*port);
  config.front.hosts = node.texts("hosts");
  config.front.origins = node.texts("origins");
  config.public_url = read_public_url(node);
  node.child("tls", [&](ConfigNode& tls) {
    net::TlsServerConfig out;
    out.certificate_file = tls.text("certificate").value_or("");
    out.key_file = tls.text("key").value_or("");
    out.client_ca_file = tls.text("client_ca").value_or("");
    if (out.certificate_file.empty() || out.key_file.empty()) {
      tls.fault(tls.node(), "W1206", "`tls` needs a `certificate` and a `key`, both PEM files", "",
                "");
    }
    check_file(tls, "certificate", out.certificate_file);
    check_file(tls, "key", out.key_file);
    check_file(tls, "client_ca", out.client_ca_file);
    config.tls = std::move(out);
  });
}

/// Beyond this machine, callers have to say who they are.
void check_reach(ConfigNode& root, const Config& config, const Reach& reach) {
  if (is_loopback(config.host) || config.front.keys_required) return;
  root.fault(reach.host, "W1211",
             std::format("listening on {} reaches beyond this machine, and nothing would ask "
                         "callers who they are",
                         config.host),
             "127.0.0.1", "set `keys: {required: true}`, and make a key with `weft key new NAME`");
}

/// What the adapters of this program speak.
std::string read_protocol(ConfigNode& node) {
  const auto word = node.text("protocol");
  if (!word) return "";
  std::string known;
  for (const auto& adapter : adapters::all_adapters()) {
    if (!adapter.protocol) continue;
    if (adapter.name == *word) return *word;
    known += std::format("{}{}", known.empty() ? "" : ", ", adapter.name);
  }
  node.fault(node.at("protocol"), "W1205", std::format("weft speaks no protocol `{}`", *word),
             known, "left out, it is found by asking");
  return "";
}

void check_headers(ConfigNode& node, const hub::JoinRequest& request) {
  for (const auto& [name, value] : request.headers) {
    if (!wire::valid_header_name(name) || !wire::valid_header_value(value)) {
      node.fault(node.at("headers"), "W1205",
                 std::format("the header `{}` holds a character that it must not hold", name),
                 "Name: value", "");
    }
    check_variables(node, "headers", value);
  }
  check_variables(node, "bearer", request.bearer);
  for (const auto& [name, value] : request.environment) check_variables(node, "environment", value);
}

void check_name(ConfigNode& node, const std::string& name) {
  if (name.empty()) {
    node.fault(node.at("name"), "W1206", "a solution needs a `name`", "", "");
  } else if (slug(name) != name) {
    node.fault(node.at("name"), "W1207",
               std::format("`{}` cannot name a solution: names are lower-case letters and digits, "
                           "in words joined by single `-`, at most {} characters",
                           name, kSolutionIdCharsMax),
               "", slug(name).empty() ? "" : std::format("`{}` would do", slug(name)));
  }
}

/// Keys that have no place beside a command, or beside a URL: they would be read and forgotten.
void check_beside(ConfigNode& node, const hub::JoinRequest& request) {
  const auto refuse = [&](const char* key, std::string_view beside, const char* why) {
    if (!node.has(key)) return;
    node.fault(node.at(key), "W1213",
               std::format("`{}` beside `{}` does nothing: {}", key, beside, why), "",
               std::format("leave `{}` out", key));
  };
  if (!request.command.empty()) {
    refuse("bearer", "command", "a child process is sent no headers");
    refuse("headers", "command", "a child process is sent no headers");
    if (!request.protocol.empty() && request.protocol != "mcp") {
      node.fault(node.at("protocol"), "W1205",
                 std::format("a command speaks mcp over its standard input and output, not {}",
                             request.protocol),
                 "mcp", "left out, it is mcp");
    }
  } else if (!request.url.empty()) {
    refuse("environment", "url", "only a child process is given an environment");
  }
}

void check_solution(ConfigNode& node, const hub::JoinRequest& request, const std::string& name) {
  check_name(node, name);
  if (request.url.empty() == request.command.empty()) {
    const bool both = !request.url.empty();
    node.fault(both ? node.at("command") : node.node(), "W1206",
               std::format("the solution \"{}\" needs a `url` or a `command`, and not both", name),
               "", "");
    return;
  }
  check_beside(node, request);
  if (!request.url.contains("://")) return;
  const auto fit = check_solution_url(request.url);
  if (fit) return;
  node.fault(node.at("url"), "W1208",
             std::format("the solution \"{}\": {}", name, fit.error().message), "", "");
}

hub::JoinRequest read_solution(ConfigNode& node, std::string_view file) {
  hub::JoinRequest request;
  request.source = hub::Source::configured;
  const std::string name = node.text("name").value_or("");
  request.id = SolutionId(name);
  request.url = node.text("url").value_or("");
  request.command = node.texts("command");
  for (auto& [key, value] : node.pairs("environment")) request.environment[key] = value;
  request.protocol = read_protocol(node);
  request.bearer = node.text("bearer").value_or("");
  request.headers = node.pairs("headers");
  request.timeout_ms = node.duration_ms("timeout").value_or(0);
  request.concurrency_max =
      static_cast<std::size_t>(node.integer("concurrency", 1, 1'000'000).value_or(0));
  read_policy(node, request);
  request.origin = std::format("{}:{}", file, node.line());
  check_solution(node, request, name);
  check_headers(node, request);
  return request;
}

/// `4GiB`, `512MiB`; 0 and a fault for anything else.
constexpr std::uint64_t kMemoryMin = 64ULL << 20;

std::uint64_t read_bytes(ConfigNode& node, const std::string& key) {
  const auto text = node.text(key);
  if (!text) return 0;
  static const std::map<std::string, std::uint64_t, std::less<>> kUnits{
      {"KiB", 1ULL << 10}, {"MiB", 1ULL << 20}, {"GiB", 1ULL << 30}};
  std::uint64_t count = 0;
  const auto read = std::from_chars(text->data(), text->data() + text->size(), count);
  const auto unit = kUnits.find(std::string_view(read.ptr, text->data() + text->size()));
  if (read.ec == std::errc() && unit != kUnits.end() && count > 0 && count < (1ULL << 30))
    return count * unit->second;
  node.fault(node.at(key), "W1205", std::format("`{}` is no amount of memory", *text), "4GiB", "");
  return 0;
}

ModelConfig read_model(ConfigNode& node, std::string_view file) {
  ModelConfig out;
  out.name = node.text("name").value_or("");
  check_name(node, out.name);
  out.file = node.text("file").value_or("");
  out.image = node.text("image").value_or("");
  out.instances = node.integer("instances", 1, 64).value_or(1);
  out.environment = node.pairs("environment");
  out.origin = std::format("{}:{}", file, node.line());
  if (out.file.empty()) {
    node.fault(node.node(), "W1206", std::format("the model \"{}\" needs a `file`", out.name), "",
               "an .onnx, an XGBoost .json or .ubj, a fastText .bin, or a model.tar.gz");
    return out;
  }
  const auto place = std::filesystem::path(file).parent_path() / out.file;
  std::error_code error;
  if (!std::filesystem::is_regular_file(place, error)) {
    node.fault(node.at("file"), "W1206", std::format("there is no file `{}`", place.string()), "",
               "a path is meant from where this file lies");
  }
  out.file = std::filesystem::absolute(place, error).string();
  return out;
}

/// Solutions and models share one space of names.
void check_taken(ConfigNode& node, std::map<std::string, int>& lines, const std::string& name) {
  const auto [first, fresh] = lines.emplace(name, node.line());
  if (fresh || name.empty()) return;
  node.fault(
      node.at("name"), "W1209",
      std::format("the name \"{}\" is taken by the solution on line {}", name, first->second), "",
      "give one of them another `name`");
}

/// The store that objects are forwarded to.
ObjectsConfig read_objects(ConfigNode& node, std::string_view file) {
  ObjectsConfig out;
  // No mapping, as has been said already.
  if (node.line() < 1) return out;
  out.endpoint = node.text("endpoint").value_or("");
  if (auto region = node.text("region")) out.region = *std::move(region);
  out.access_key = node.text("access_key").value_or("");
  out.secret_key = node.text("secret_key").value_or("");
  out.path_style = node.boolean("path_style").value_or(true);
  // Callers see it: where the file lies is not theirs to know.
  const std::string name = std::filesystem::path(file).filename().string();
  out.origin = std::format("{}:{}", name, node.line());
  const auto url = parse_url(out.endpoint);
  if (out.endpoint.empty() || out.access_key.empty() || out.secret_key.empty()) {
    node.fault(node.node(), "W1206",
               "`objects` needs the `endpoint` of an S3-compatible store, and an `access_key` and "
               "a `secret_key` of it",
               "", "left out altogether, objects lie in a folder on this machine");
  } else if (!url || !url->query.empty()) {
    node.fault(node.at("endpoint"), "W1208",
               std::format("`endpoint` is no address of a store: {}",
                           url ? "it has a query" : url.error().message),
               "https://s3.example", "");
  } else if (!out.path_style && url->host.find_first_not_of("0123456789.:") == std::string::npos) {
    node.fault(node.at("path_style"), "W1205",
               std::format("no bucket's name can be put before the address {}", url->host), "true",
               "without `path_style`, buckets are in the path");
  }
  if (!adapters::sagemaker::is_region(out.region)) {
    node.fault(node.at("region"), "W1205", std::format("`{}` is no region", out.region),
               "us-east-1", "");
  }
  check_variables(node, "access_key", out.access_key);
  check_variables(node, "secret_key", out.secret_key);
  return out;
}

void read_ml(ConfigNode& root, Config& config, std::map<std::string, int>& lines) {
  root.child("ml", [&](ConfigNode& node) {
    config.ml.threads = static_cast<int>(node.integer("threads", 1, 1024).value_or(0));
    config.ml.memory_bytes = read_bytes(node, "memory");
    node.child("objects", [&](ConfigNode& objects) {
      config.ml.objects = read_objects(objects, config.file);
    });
  });
  root.children("models", [&](ConfigNode& node, std::size_t) {
    ModelConfig model = read_model(node, config.file);
    check_taken(node, lines, model.name);
    config.models.push_back(std::move(model));
  });
}

void read_all(ConfigNode& root, std::string_view text, Config& config) {
  Reach reach;
  root.child("listen", [&](ConfigNode& node) { read_listen(node, config, reach); });
  if (auto data = root.text("data")) config.data = *data;
  config.threads = static_cast<std::size_t>(root.integer("threads", 1, 256).value_or(0));
  config.memory_bytes = read_bytes(root, "memory");
  if (config.memory_bytes > 0 && config.memory_bytes < kMemoryMin) {
    root.fault(root.at("memory"), "W1205", "the hub cannot live with less than 64 MiB of memory",
               "256MiB", "leave it out for a quarter of the machine's");
  }
  static const std::map<std::string, log::Level> kLevels{{"debug", log::Level::debug},
                                                         {"info", log::Level::info},
                                                         {"warn", log::Level::warn},
                                                         {"error", log::Level::error},
                                                         {"off", log::Level::off}};
  if (const auto level = root.any("log")) {
    const auto word = level->IsScalar() ? kLevels.find(level->Scalar()) : kLevels.end();
    if (word == kLevels.end()) {
      root.fault(*level, "W1205", "`log` says how much is written", "debug, info, warn, error, off",
                 "");
    } else {
      config.log_level = word->second;
    }
  }
  root.child("keys", [&](ConfigNode& node) {
    config.front.keys_required = node.boolean("required").value_or(false);
  });
  check_reach(root, config, reach);
  std::map<std::string, int> lines;
  root.children("solutions", [&](ConfigNode& node, std::size_t index) {
    hub::JoinRequest request = read_solution(node, config.file);
    read_mqtt(node, index, text, request);
    check_taken(node, lines, request.id.str());
    config.solutions.push_back(std::move(request));
  });
  read_ml(root, config, lines);
  read_concierge(root, config.concierge);
}

/// What is below the faulty line: carets under what is wrong, and what would be right.
std::string caret_line(const ConfigFault& fault, std::string_view line) {
  const auto before = first_characters(line, static_cast<std::size_t>(fault.column) - 1);
  const auto wrong = first_characters(line.substr(before.size()), fault.length);
  const std::string carets(std::max<std::size_t>(1, columns(wrong)), '^');
  std::string out = std::format("{:>5} | {}{}", "", blank_like(before), carets);
  if (!fault.expected.empty()) out += " " + fault.expected;
  return out + "\n";
}

/// Where an example of every key is.
std::string example_place() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto example = program.parent_path().parent_path() / "share/doc/weft/weft.yaml";
  return !error && std::filesystem::exists(example, error)
             ? std::format("{} is an example of every key", example.string())
             : "`man weft` says where an example of every key is";
}

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 2);
  for (const auto& candidate : candidates) {
    const std::size_t d = distance(word, candidate);
    if (d < best_distance || (d == best_distance && best.empty())) {
      best = candidate;
      best_distance = d;
    }
  }
  return best;
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" ||
         (host.starts_with("127.") &&
          host.find_first_not_of("0123456789.") == std::string_view::npos);
}

ConfigReading read_config(std::string_view text, std::string file) {
  ConfigReading out;
  out.config.file = file;
  read_document(text, file, "the configuration", out.faults,
                [&](ConfigNode& root) { read_all(root, text, out.config); });
  return out;
}

ConfigReading load_config(const std::string& file) {
  const auto text = read_file(file);
  if (text) return read_config(*text, file);
  ConfigReading out;
  ConfigFault fault;
  fault.code = "W1200";
  fault.file = file;
  fault.message = text.error().message;
  fault.hint =
      std::format("`-c FILE` names another, and `weft up` runs without one; {}", example_place());
  out.faults.push_back(std::move(fault));
  return out;
}

std::string render(const ConfigFault& fault, std::string_view text) {
  if (fault.line == 0) {
    std::string out = std::format("{}  error  {} {}\n", fault.file, fault.code, fault.message);
    if (!fault.hint.empty()) out += std::format("hint: {}\n", fault.hint);
    return out;
  }
  const auto lines = lines_of(text);
  std::string out = std::format("{}:{}:{}  error  {} {}\n", fault.file, fault.line, fault.column,
                                fault.code, fault.message);
  for (int line = std::max(1, fault.line - 1); line <= fault.line; ++line) {
    if (static_cast<std::size_t>(line) > lines.size()) break;
    const auto number = static_cast<std::size_t>(line) - 1;
    const std::string shown =
        without_secrets(lines[number], number == 0 ? std::string_view() : lines[number - 1]);
    out += std::format("{:>5} | {}\n", line, printable(shown));
  }
  const auto at = static_cast<std::size_t>(fault.line) - 1;
  out += caret_line(fault, at < lines.size() ? lines[at] : std::string_view());
  if (!fault.hint.empty()) out += std::format("hint: {}\n", fault.hint);
  return out;
}

}  // namespace weft::app
