#include <chrono>
#include <format>
#include <map>
#include <memory>
#include <print>

#include "weft/app/commands.h"
#include "weft/app/extracting.h"
#include "weft/app/json_lines.h"
#include "weft/base/json.h"
#include "weft/dialogue/router/evaluation.h"
#include "weft/dialogue/talk/turn_time.h"

namespace weft::app {
namespace {

using dialogue::RoutedQuery;
using dialogue::RoutedSkill;
using dialogue::RoutingFigures;

std::unexpected<Error> wrong(const std::string& place, const std::string& what) {
  return fail(Reason::invalid_argument, std::format("{}: {}", place, what));
}

Result<std::string> text_of(const JsonLine& line, std::string_view key, bool needed) {
  const json::value* value = json::find(line.object, key);
  if (value == nullptr && !needed) return std::string();
  if (value == nullptr) return wrong(line.place, std::format("`{}` is missing", key));
  if (!value->is_string()) return wrong(line.place, std::format("`{}` is no string", key));
  return std::string(value->get_string());
}

using Numbers = std::map<std::string, std::size_t, std::less<>>;

Result<std::vector<RoutedSkill>> read_skills(const std::string& path, Numbers& numbers) {
  WEFT_TRY(const auto lines, read_json_lines(path));
  std::vector<RoutedSkill> out;
  for (const JsonLine& line : lines) {
    RoutedSkill skill;
    WEFT_TRY(skill.id, text_of(line, "id", true));
    WEFT_TRY(skill.name, text_of(line, "name", false));
    WEFT_TRY(skill.description, text_of(line, "description", false));
    if (const json::value* examples = json::find(line.object, "examples")) {
      if (!examples->is_array()) return wrong(line.place, "`examples` is no list");
      for (const json::value& each : examples->get_array()) {
        if (!each.is_string()) return wrong(line.place, "an example is no string");
        skill.examples.emplace_back(each.get_string());
      }
    }
    if (const json::value* schema = json::find(line.object, "schema")) {
      if (!schema->is_object()) return wrong(line.place, "`schema` is no object");
      skill.parameters = dialogue::parameters_of(*schema);
    }
    if (!numbers.try_emplace(skill.id, out.size()).second)
      return wrong(line.place, std::format("the skill `{}` stands there twice", skill.id));
    out.push_back(std::move(skill));
  }
  return out;
}

Result<std::vector<RoutedQuery>> read_queries(const std::string& path, const Numbers& numbers) {
  WEFT_TRY(const auto lines, read_json_lines(path));
  std::vector<RoutedQuery> out;
  for (const JsonLine& line : lines) {
    RoutedQuery query;
    WEFT_TRY(query.text, text_of(line, "text", true));
    const json::value* gold = json::find(line.object, "gold");
    if (gold == nullptr)
      return wrong(line.place, "`gold` is missing: a skill's id, or null where none is meant");
    if (!gold->is_null()) {
      WEFT_TRY(const std::string id, text_of(line, "gold", true));
      const auto at = numbers.find(id);
      if (at == numbers.end()) return wrong(line.place, std::format("there is no skill `{}`", id));
      query.gold = at->second;
    }
    out.push_back(std::move(query));
  }
  return out;
}

Result<void> calibrate(dialogue::Router& router, const std::string& path, const Numbers& numbers) {
  if (path.empty()) return {};
  WEFT_TRY(const auto queries, read_queries(path, numbers));
  std::vector<std::string> meant;
  for (const RoutedQuery& query : queries) {
    if (query.gold) meant.push_back(query.text);
  }
  if (meant.empty()) return wrong(path, "no query of it means a skill");
  router.calibrate(meant);
  return {};
}

json::value number_or_null(std::optional<double> number) {
  return number ? json::value(*number) : json::value(nullptr);
}

json::object describe(const RoutingFigures& figures) {
  json::object out;
  out["in_scope"] = figures.meant;
  out["out_of_scope"] = figures.others;
  out["top1"] = number_or_null(figures.top1);
  out["top3"] = number_or_null(figures.top3);
  out["acc"] = number_or_null(figures.accuracy);
  out["oosR"] = number_or_null(figures.rejected);
  out["joint"] = number_or_null(figures.joint);
  out["auroc"] = number_or_null(figures.auroc);
  out["asked"] = number_or_null(figures.asked);
  out["p50_us"] = figures.p50_us;
  out["p99_us"] = figures.p99_us;
  return out;
}

json::object describe(const dialogue::Routing& answer, const RoutedQuery& query,
                      const std::vector<RoutedSkill>& skills) {
  json::array ranked;
  for (const dialogue::RankedSkill& each : answer.ranked)
    ranked.push_back(json::object{{"id", skills[each.skill].id}, {"score", each.score}});
  json::object out;
  out["text"] = query.text;
  out["zone"] = to_string(answer.zone);
  out["ranked"] = std::move(ranked);
  return out;
}

std::string percent(std::optional<double> share) {
  return share ? std::format("{:.1f} %", *share * 100) : "none";
}

/// The same skills as they would have joined.
std::vector<dialogue::KnownSkill> joined(const std::vector<RoutedSkill>& skills) {
  std::vector<dialogue::KnownSkill> out;
  out.reserve(skills.size());
  for (const RoutedSkill& each : skills) {
    dialogue::KnownSkill known;
    known.solution = "measured";
    known.skill = each.id;
    known.title = each.name;
    known.description = each.description;
    known.examples = each.examples;
    out.push_back(std::move(known));
  }
  return out;
}

dialogue::TurnTime turn_time(const std::vector<RoutedSkill>& skills,
                             const std::vector<RoutedQuery>& queries) {
  const dialogue::Concierge concierge(std::make_shared<const dialogue::Repertoire>(joined(skills)),
                                      extractor());
  std::vector<std::string> sentences;
  sentences.reserve(queries.size());
  for (const RoutedQuery& each : queries) sentences.push_back(each.text);
  return dialogue::time_turns(concierge, sentences, std::chrono::local_seconds{});
}

void print_figures(const Printer& printer, const RoutingFigures& figures, double seconds,
                   double megabytes) {
  const std::vector<std::vector<std::string>> rows{
      {"MEASURE", "VALUE", "OF"},
      {"top1", percent(figures.top1), "queries that mean a skill: it is first"},
      {"top3", percent(figures.top3), "the same: it is among the first three"},
      {"acc", percent(figures.accuracy), "the same: it is first and not declined"},
      {"asked", percent(figures.asked), "the same: asked back about"},
      {"oosR", percent(figures.rejected), "queries that mean none: declined"},
      {"joint", percent(figures.joint), "all: right"},
      {"auroc", percent(figures.auroc), "first score, between the two kinds"},
      {"queries", std::format("{} + {}", figures.meant, figures.others),
       "that mean a skill, that mean none"},
      {"time", std::format("{:.0f} us; {:.0f} us", figures.p50_us, figures.p99_us),
       "a query: p50; p99"},
      {"training", std::format("{:.2f} s", seconds), ""},
      {"size", std::format("{:.1f} MB", megabytes), ""}};
  printer.table(rows);
}

Result<void> evaluate_files(const RouterOptions& options, const Printer& printer) {
  Numbers numbers;
  WEFT_TRY(const auto skills, read_skills(options.skills, numbers));
  WEFT_TRY(const auto queries, read_queries(options.queries, numbers));
  const auto began = std::chrono::steady_clock::now();
  WEFT_TRY(auto router, dialogue::Router::train(skills));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  WEFT_CHECK(calibrate(router, options.calibrate, numbers));
  const auto evaluation = dialogue::evaluate(router, queries);
  const double megabytes = static_cast<double>(router.bytes()) / 1e6;
  json::object document = describe(evaluation.figures);
  document["train_s"] = took.count();
  document["model_mb"] = megabytes;
  if (options.turns && !queries.empty()) {
    const dialogue::TurnTime time = turn_time(skills, queries);
    document["turn_p50_us"] = time.p50_us;
    document["turn_p99_us"] = time.p99_us;
    printer.line(std::format("a turn of the concierge: {:.0f} us; {:.0f} us (p50; p99)",
                             time.p50_us, time.p99_us));
  }
  if (options.each) {
    json::array each;
    for (std::size_t i = 0; i < queries.size(); ++i) {
      each.push_back(describe(evaluation.answers[i], queries[i], skills));
      const auto& answer = evaluation.answers[i];
      printer.line(std::format("{}\t{}\t{:.3f}\t{}", to_string(answer.zone),
                               skills[answer.ranked.front().skill].id, answer.ranked.front().score,
                               queries[i].text));
    }
    document["each"] = std::move(each);
  }
  printer.document(document);
  if (!printer.as_json()) print_figures(printer, evaluation.figures, took.count(), megabytes);
  return {};
}

}  // namespace

Exit run_router_eval(const RouterOptions& options, bool as_json) {
  const Printer printer(as_json);
  if (auto done = evaluate_files(options, printer); !done)
    return printer.error(done.error(), "`weft help router eval` says what the files hold",
                         Exit::failed);
  return Exit::done;
}

}  // namespace weft::app
