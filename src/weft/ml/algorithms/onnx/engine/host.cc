#include "weft/ml/algorithms/onnx/engine/host.h"

#include <algorithm>
#include <cstring>
#include <format>
#include <print>

#include "weft/base/json.h"
#include "weft/ml/algorithms/onnx/engine/answers.h"
#include "weft/ml/algorithms/onnx/engine/model_check.h"
#include "weft/ml/algorithms/onnx/engine/trial.h"
#include "weft/ml/tabular/data_files.h"
#include "weft/ml/worker/model_files.h"
#include "weft/ml/worker/tensor_replies.h"

namespace weft::ml::onnx {
namespace {

namespace fs = std::filesystem;
using worker::Reply;
using worker::Request;

/// Of all inputs that are put together for one run.
constexpr std::size_t kJoinedBytesMax = 16 * 1024 * 1024;

class Host final : public worker::ModelHost {
 public:
  Host(Session session, bool joins)
      : session_(std::move(session)), ports_(ports_of(session_)), joins_(joins) {}

  std::string about() const override {
    json::object out{{"engine", "onnx"},
                     {"inputs", wire::to_json(ports_.signature.inputs)},
                     {"outputs", wire::to_json(ports_.signature.outputs)},
                     {"joins_requests", joins_}};
    if (ports_.inputs.size() == 1 && ports_.table && ports_.table->total != 0)
      out["features"] = ports_.table->total;
    if (!session_.classes().empty()) {
      json::array classes;
      for (const std::string& each : session_.classes()) classes.emplace_back(each);
      out["classes"] = std::move(classes);
    }
    return json::write(out);
  }

  void answer(std::span<const Request> requests, std::span<Reply> replies) override {
    groups_.clear();
    for (std::size_t i = 0; i < requests.size(); ++i) {
      auto asked = read_request(ports_, requests[i]);
      if (!asked) {
        replies[i] = worker::refusal_of(asked.error());
        continue;
      }
      add({.number = i, .asked = *std::move(asked), .rows = 0, .bytes = 0});
    }
    for (const Group& group : groups_) {
      if (group.parts.size() > 1 && answer_together(group, requests, replies)) continue;
      for (const Part& part : group.parts) answer_alone(part, requests, replies);
    }
  }

 private:
  /// A request of the batch.
  struct Part {
    std::size_t number = 0;
    Asked asked;
    std::int64_t rows = 0;
    std::size_t bytes = 0;
  };
  /// Requests that differ in nothing but their rows, and so fit into one run.
  struct Group {
    std::vector<Part> parts;
    std::size_t bytes = 0;
  };

  static bool alike(const Part& a, const Part& b) {
    if (a.asked.outputs != b.asked.outputs) return false;
    const auto same = [](const wire::OipTensor& x, const wire::OipTensor& y) {
      return std::ranges::equal(x.shape.begin() + 1, x.shape.end(), y.shape.begin() + 1,
                                y.shape.end());
    };
    return std::ranges::equal(a.asked.request.inputs, b.asked.request.inputs, same);
  }

  /// How many rows it asks about; 0: it can only be asked about alone.
  std::int64_t rows_of(const Asked& asked) const {
    if (!joins_) return 0;
    const std::int64_t rows = asked.request.inputs.front().shape.front();
    const bool all = std::ranges::all_of(
        asked.request.inputs,
        [rows](const wire::OipTensor& tensor) { return tensor.shape.front() == rows; });
    return all ? rows : 0;
  }

  void add(Part part) {
    part.rows = rows_of(part.asked);
    for (const wire::OipTensor& tensor : part.asked.request.inputs)
      part.bytes += tensor.bytes.size();
    const auto fits = [&](const Group& group) {
      const Part& first = group.parts.front();
      return part.rows > 0 && first.rows > 0 && group.bytes + part.bytes <= kJoinedBytesMax &&
             alike(first, part);
    };
    auto at = std::ranges::find_if(groups_, fits);
    if (at == groups_.end()) at = groups_.emplace(groups_.end());
    at->bytes += part.bytes;
    at->parts.push_back(std::move(part));
  }

  void answer_alone(const Part& part, std::span<const Request> requests, std::span<Reply> replies) {
    views_.clear();
    for (const wire::OipTensor& tensor : part.asked.request.inputs)
      views_.push_back({.type = tensor.type, .shape = tensor.shape, .bytes = tensor.bytes});
    const auto values = session_.run(views_, part.asked.outputs);
    if (!values) {
      replies[part.number] = worker::refusal_of(values.error());
      return;
    }
    write(part, *values, requests, replies);
  }

  /// False when it cannot be said which of the answer's rows are whose, or the run failed (which
  /// may be the fault of one of them).
  bool answer_together(const Group& group, std::span<const Request> requests,
                       std::span<Reply> replies) {
    std::int64_t rows = 0;
    for (const Part& part : group.parts) rows += part.rows;
    const std::size_t inputs = ports_.inputs.size();
    joined_.resize(inputs);
    shapes_.resize(inputs);
    views_.clear();
    for (std::size_t i = 0; i < inputs; ++i) {
      joined_[i].clear();
      for (const Part& part : group.parts) joined_[i] += part.asked.request.inputs[i].bytes;
      const wire::OipTensor& first = group.parts.front().asked.request.inputs[i];
      shapes_[i] = first.shape;
      shapes_[i].front() = rows;
      views_.push_back({.type = first.type, .shape = shapes_[i], .bytes = joined_[i]});
    }
    const auto values = session_.run(views_, group.parts.front().asked.outputs);
    if (!values) return false;
    const bool whole = std::ranges::all_of(*values, [rows](const TensorView& value) {
      return !value.shape.empty() && value.shape.front() == rows;
    });
    if (!whole) return false;
    deal_out(group, *values, rows, requests, replies);
    return true;
  }

  void deal_out(const Group& group, std::span<const TensorView> values, std::int64_t rows,
                std::span<const Request> requests, std::span<Reply> replies) {
    std::vector<std::vector<std::int64_t>> shapes;
    for (const TensorView& value : values)
      shapes.emplace_back(value.shape.begin(), value.shape.end());
    std::vector<TensorView> rest(values.begin(), values.end());
    std::vector<TensorView> own(values.size());
    for (const Part& part : group.parts) {
      for (std::size_t i = 0; i < values.size(); ++i) {
        shapes[i].front() = part.rows;
        const std::size_t size = bytes_of(values[i], rest[i].bytes, part.rows, rows);
        own[i] = {
            .type = values[i].type, .shape = shapes[i], .bytes = rest[i].bytes.substr(0, size)};
        rest[i].bytes.remove_prefix(size);
      }
      write(part, own, requests, replies);
    }
  }

  /// Of the first so many rows of what is left of an output.
  static std::size_t bytes_of(const TensorView& value, std::string_view rest, std::int64_t part,
                              std::int64_t rows) {
    const auto share = static_cast<std::size_t>(part);
    const auto all = static_cast<std::size_t>(rows);
    if (value.type != wire::TensorType::bytes) return value.bytes.size() / all * share;
    const auto elements = static_cast<std::size_t>(
        wire::elements_of({value.shape.begin(), value.shape.end()}).value_or(0));
    std::size_t out = 0;
    for (std::size_t i = 0; i < elements / all * share && out + 4 <= rest.size(); ++i) {
      std::uint32_t size = 0;
      std::memcpy(&size, rest.data() + out, sizeof(size));
      out += sizeof(size) + size;
    }
    return std::min(out, rest.size());
  }

  void write(const Part& part, std::span<const TensorView> values,
             std::span<const Request> requests, std::span<Reply> replies) const {
    Reply& reply = replies[part.number];
    const auto written =
        write_answer(ports_, part.asked, values, requests[part.number].accept, reply);
    if (!written) reply = worker::refusal_of(written.error());
  }

  Session session_;
  Ports ports_;
  bool joins_;
  // Of a batch, used again by the next.
  std::vector<Group> groups_;
  std::vector<std::string> joined_;
  std::vector<std::vector<std::int64_t>> shapes_;
  std::vector<TensorView> views_;
};

Result<fs::path> model_file(const fs::path& folder) {
  constexpr std::string_view kMissing =
      "the archive holds no model: it is called `model.onnx`, or is the only .onnx file";
  WEFT_TRY(auto files, worker::model_files(folder, kMissing));
  const auto named = std::ranges::find(files, folder / "model.onnx");
  if (named != files.end()) return *named;
  std::erase_if(files, [](const fs::path& each) { return each.extension() != ".onnx"; });
  if (files.size() == 1) return files.front();
  if (files.empty()) return fail(Reason::invalid_argument, std::string(kMissing));
  return fail(Reason::invalid_argument,
              std::format("the archive holds {} .onnx files: call the one that is meant "
                          "`model.onnx`",
                          files.size()));
}

}  // namespace

Result<std::unique_ptr<worker::ModelHost>> load_host(const HostOptions& options) {
  WEFT_TRY(const fs::path file, model_file(options.model));
  const auto in_file = [&](Error error) {
    error.message = std::format("{}: {}", file.filename().string(), error.message);
    return fail(std::move(error));
  };
  {
    WEFT_TRY(const auto mapped, MappedFile::open(file));
    const auto fine = check_model(mapped->bytes(), options.model);
    if (!fine) return in_file(fine.error());
  }
  auto session = Session::load(file, options.threads);
  if (!session) return in_file(session.error());
  if (session->inputs().empty() || session->outputs().empty()) {
    return in_file(make_error(Reason::invalid_argument,
                              "the model has no input or no output: there is nothing to ask it"));
  }
  if (!warm_up(*session)) {
    std::println("{}: no values were found to warm it up with; the first request takes longer",
                 file.filename().string());
  }
  const bool joins = rows_stand_alone(*session);
  return std::make_unique<Host>(*std::move(session), joins);
}

}  // namespace weft::ml::onnx
