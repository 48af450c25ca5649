#include "weft/adapters/mcp/relay.h"

namespace weft::adapters::mcp {

namespace {

/// The smallest step by which a progress that did not move is told on.
constexpr double kStep = 0.001;

}  // namespace

std::string notification_text(std::string_view method, json::object params) {
  json::object message;
  message["jsonrpc"] = "2.0";
  message["method"] = method;
  if (!params.empty()) message["params"] = std::move(params);
  return json::write(message);
}

EventRelay::EventRelay(std::optional<json::value> progress_token, std::string log_level)
    : token_(std::move(progress_token)), log_level_(std::move(log_level)) {}

double EventRelay::grown(double value) {
  last_ = !any_ || value > last_ ? value : last_ + kStep;
  any_ = true;
  return last_;
}

std::string EventRelay::progress_message(double value, std::optional<double> total,
                                         std::string_view text) {
  json::object params;
  params["progressToken"] = *token_;
  const double told = grown(value);
  const auto whole = static_cast<std::int64_t>(told);
  if (static_cast<double>(whole) == told) {
    params["progress"] = whole;
  } else {
    params["progress"] = told;
  }
  if (total) params["total"] = *total;
  if (!text.empty()) params["message"] = text;
  return notification_text("notifications/progress", std::move(params));
}

std::optional<std::string> EventRelay::progress(const model::State& state) {
  std::string text = state.progress ? state.progress->text : std::string();
  if (text.empty()) text = model::joined_text(state.note, true);
  if (state.progress) return progress_message(state.progress->done, state.progress->total, text);
  if (text.empty()) return std::nullopt;
  return progress_message(any_ ? last_ + 1 : 0, std::nullopt, text);
}

std::optional<std::string> EventRelay::notification(const model::Event& event) {
  if (const auto* state = std::get_if<model::State>(&event.body)) {
    return token_ ? progress(*state) : std::nullopt;
  }
  if (const auto* delta = std::get_if<model::Delta>(&event.body)) {
    if (!token_ || delta->kind != model::Delta::Kind::text || delta->text.empty())
      return std::nullopt;
    return progress_message(any_ ? last_ + 1 : 1, std::nullopt, delta->text);
  }
  const auto* log = std::get_if<model::Log>(&event.body);
  if (log == nullptr) return std::nullopt;
  const std::string_view level = is_log_level(log->level) ? std::string_view(log->level) : "info";
  if (log_level_.empty() || !log_level_reaches(level, log_level_)) return std::nullopt;
  json::object params;
  params["level"] = level;
  if (!log->logger.empty()) params["logger"] = log->logger;
  params["data"] = log->data;
  return notification_text("notifications/message", std::move(params));
}

}  // namespace weft::adapters::mcp
