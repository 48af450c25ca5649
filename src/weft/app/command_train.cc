#include <algorithm>
#include <chrono>
#include <filesystem>
#include <format>

#include "weft/app/aws_client.h"
#include "weft/app/command_run.h"
#include "weft/app/curve.h"
#include "weft/app/deploying.h"
#include "weft/app/files.h"
#include "weft/app/job_file.h"
#include "weft/app/sent_files.h"
#include "weft/app/terminal.h"
#include "weft/base/timers.h"
#include "weft/base/url.h"

namespace weft::app {
namespace {

namespace fs = std::filesystem;

constexpr Milliseconds kLookAgain{150};
constexpr std::size_t kBarColumns = 24;

std::string text_of(const json::object& o, std::string_view key) {
  return std::string(json::string_at(o, key));
}

/// `fraud-20261126-093000-123`: as SageMaker's SDK names jobs.
std::string name_of_run(const std::string& name, std::int64_t now_ms) {
  const auto at = std::chrono::sys_time<std::chrono::milliseconds>(Milliseconds(now_ms));
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
  return std::format("{}-{:%Y%m%d-%H%M%S}-{:03}", name, seconds, now_ms % 1'000);
}

void print_sent(const Printer& printer, std::string_view what, const std::vector<SentFile>& files) {
  printer.note(std::format("{}: {} file{}, {} bytes", what, files.size(),
                           files.size() == 1 ? "" : "s", bytes_of(files)));
}

/// Puts what a channel names on this machine where the job looks for it.
Awaitable<Result<void>> send_channel(AwsClient& aws, const Printer& printer, JobChannel channel,
                                     fs::path folder, std::string job_name, std::string bucket) {
  if (channel.from.starts_with("s3://")) co_return Result<void>();
  WEFT_CO_TRY(const std::vector<SentFile> files, files_to_send(folder / channel.from));
  for (const SentFile& file : files) {
    std::string key = std::format("{}/input/{}/{}", job_name, channel.name, file.name);
    WEFT_CO_CHECK(co_await aws.put_file(file.path, bucket, std::move(key)));
  }
  print_sent(printer, channel.name, files);
  co_return Result<void>();
}

/// Puts the script and what lies in its folder where the job looks for its source, as one archive:
/// so a model that is made of the job has it too.
Awaitable<Result<void>> send_code(AwsClient& aws, const Printer& printer, std::string script,
                                  fs::path folder, std::string job_name, std::string bucket) {
  fs::path own = (folder / script).parent_path();
  if (own.empty()) own = ".";
  WEFT_CO_TRY(const std::vector<SentFile> files, files_to_send(own));
  WEFT_CO_CHECK(check_code(files, own));
  WEFT_CO_TRY(const TemporaryFolder folder_of_archive, TemporaryFolder::create());
  const fs::path archive = folder_of_archive.path() / "code.tar";
  WEFT_CO_CHECK(pack_files(files, archive));
  std::string key = key_of_code(job_name);
  WEFT_CO_CHECK(co_await aws.put_file(archive, bucket, std::move(key)));
  print_sent(printer, "code", files);
  co_return Result<void>();
}

/// What the hub tells of a job, as it goes on.
class Watching {
 public:
  explicit Watching(const Printer& printer) : printer_(printer), live_(printer.to_terminal()) {}

  void show(const json::object& job) {
    const std::string line = line_of(job);
    if (line == last_) return;
    last_ = line;
    if (live_) {
      printer_.piece("\r\x1b[K" + line);
    } else if (const std::string word = text_of(job, "secondary_status"); word != word_) {
      // Not for each round: this is read later.
      word_ = word;
      printer_.note(word);
    }
  }

  void end() {
    if (live_ && !last_.empty()) printer_.piece("\r\x1b[K");
  }

 private:
  static std::string line_of(const json::object& job) {
    std::string out = text_of(job, "secondary_status");
    if (const auto* progress = json::object_at(job, "progress")) {
      const auto done = json::int_at(*progress, "done").value_or(0);
      const auto total = std::max<std::int64_t>(1, json::int_at(*progress, "total").value_or(1));
      const auto filled = static_cast<std::size_t>(std::clamp<std::int64_t>(
          done * static_cast<std::int64_t>(kBarColumns) / total, 0, kBarColumns));
      std::string bar;
      for (std::size_t i = 0; i < kBarColumns; ++i) bar += i < filled ? "█" : "░";
      out = std::format("{} {} {}/{}", out, bar, done, total);
    }
    if (const auto* metrics = json::array_at(job, "metrics")) {
      for (const auto& each : *metrics) {
        const auto* metric = each.if_object();
        if (metric == nullptr) continue;
        out += std::format("  {} {:.5g}", text_of(*metric, "name"),
                           json::number_at(*metric, "value").value_or(0));
      }
    }
    const auto waits = json::int_at(job, "waiting").value_or(0);
    if (waits > 0) out += std::format("  ({} before it)", waits - 1);
    return out;
  }

  const Printer& printer_;
  bool live_;
  std::string last_;
  std::string word_;
};

bool over(const json::object& job) {
  const std::string status = text_of(job, "status");
  return status == "Completed" || status == "Failed" || status == "Stopped";
}

Awaitable<Result<json::object>> follow(AdminClient& admin, const Printer& printer,
                                       std::string name) {
  Watching watching(printer);
  while (true) {
    WEFT_CO_TRY(json::value answer, co_await admin.get("/admin/v1/jobs/" + percent_encode(name)));
    json::object job = std::move(answer.as_object());
    watching.show(job);
    if (over(job)) {
      watching.end();
      co_return job;
    }
    const CancelToken never;
    co_await sleep_for(kLookAgain, never);
  }
}

void print_curves(const Printer& printer, const json::object& job) {
  const auto* series = json::object_at(job, "series");
  if (series == nullptr) return;
  for (const auto& [name, points] : *series) {
    std::vector<double> values;
    if (const auto* list = points.if_array()) {
      for (const auto& point : *list) {
        if (point.is_number()) values.push_back(point.to_number<double>());
      }
    }
    if (values.size() < 2) continue;
    printer.line(std::format("\n{}  {:.5g} → {:.5g}", std::string_view(name), values.front(),
                             values.back()));
    for (const std::string& row : curve_of(values)) printer.faint_line(row);
  }
}

Exit print_job(const Printer& printer, const json::object& job) {
  const std::string name = text_of(job, "name");
  const std::string status = text_of(job, "status");
  if (status == "Failed") {
    Error error = make_error(Reason::solution_failed, text_of(job, "failure"));
    return printer.error(error, std::format("weft jobs {} --logs shows what it wrote", name),
                         Exit::failed);
  }
  print_curves(printer, job);
  printer.line(std::format("{} {} in {:.1f} s", name,
                           status == "Completed" ? "completed" : "stopped",
                           static_cast<double>(json::int_at(job, "took_ms").value_or(0)) / 1000));
  if (const std::string model = text_of(job, "model"); !model.empty())
    printer.line("model: " + model);
  return status == "Completed" ? Exit::done : Exit::failed;
}

struct Training {
  JobFile job;
  fs::path folder;
  bool detached = false;
};

Awaitable<Result<Exit>> train(AdminClient& admin, AwsClient& aws, const Printer& printer,
                              Training training, std::int64_t now_ms) {
  const JobFile& job = training.job;
  const std::string name = name_of_run(job.name, now_ms);
  std::string bucket(kOwnBucket);
  WEFT_CO_CHECK(co_await aws.make_bucket(bucket));
  for (const JobChannel& channel : job.data)
    WEFT_CO_CHECK(co_await send_channel(aws, printer, channel, training.folder, name, bucket));
  if (!job.script.empty())
    WEFT_CO_CHECK(co_await send_code(aws, printer, job.script, training.folder, name, bucket));
  json::object request = training_request(job, name, bucket);
  WEFT_CO_TRY(json::object created,
              co_await aws.sagemaker("CreateTrainingJob", std::move(request)));
  (void)created;
  printer.note(std::format("job {}", name));
  if (training.detached) {
    printer.document(json::object{{"name", name}});
    printer.note(std::format("next: weft jobs {}", name));
    co_return Exit::done;
  }
  WEFT_CO_TRY(json::object done, co_await follow(admin, printer, name));
  const Exit exit = print_job(printer, done);
  if (exit == Exit::done && !job.deploy.empty())
    co_return co_await deploy_model(aws, printer, {.model = name, .name = job.deploy});
  printer.document(done);
  if (exit == Exit::done) printer.note(std::format("next: weft deploy {} --as NAME", name));
  co_return exit;
}

void print_jobs(const Printer& printer, const json::value& answer) {
  const auto* list = json::array_at(answer.as_object(), "jobs");
  if (list == nullptr || list->empty())
    return printer.note("no job has been made yet; try `weft train JOB.yaml`");
  std::vector<std::vector<std::string>> rows{{"NAME", "STATUS", "NOW", "CREATED", "METRICS"}};
  for (const auto& item : *list) {
    const auto& o = item.as_object();
    std::string metrics;
    if (const auto* told = json::array_at(o, "metrics")) {
      for (const auto& each : *told)
        metrics += std::format("{}{} {:.4g}", metrics.empty() ? "" : ", ",
                               text_of(each.as_object(), "name"),
                               json::number_at(each.as_object(), "value").value_or(0));
    }
    const auto at = std::chrono::sys_time<std::chrono::milliseconds>(
        Milliseconds(json::int_at(o, "created_ms").value_or(0)));
    rows.push_back({text_of(o, "name"), text_of(o, "status"), text_of(o, "secondary_status"),
                    std::format("{:%F %T}", std::chrono::floor<std::chrono::seconds>(at)),
                    std::move(metrics)});
  }
  printer.table(rows);
}

Awaitable<Result<Exit>> print_log(AwsClient& aws, const Printer& printer, std::string name,
                                  std::size_t lines) {
  json::object asked{{"logGroupName", "/aws/sagemaker/TrainingJobs"},
                     {"logStreamNamePrefix", name + "/"}};
  WEFT_CO_TRY(json::object found, co_await aws.logs("DescribeLogStreams", std::move(asked)));
  const auto* streams = json::array_at(found, "logStreams");
  if (streams == nullptr || streams->empty()) {
    printer.note(std::format("{} has written nothing", name));
    co_return Exit::done;
  }
  json::array all;
  for (const auto& stream : *streams) {
    json::object wanted{{"logGroupName", "/aws/sagemaker/TrainingJobs"},
                        {"logStreamName", text_of(stream.as_object(), "logStreamName")},
                        {"startFromHead", false},
                        {"limit", lines}};
    WEFT_CO_TRY(json::object page, co_await aws.logs("GetLogEvents", std::move(wanted)));
    if (auto* events = json::array_at(page, "events"))
      all.insert(all.end(), events->begin(), events->end());
  }
  for (const auto& event : all) printer.line(printable(text_of(event.as_object(), "message")));
  printer.document(json::object{{"events", std::move(all)}});
  co_return Exit::done;
}

}  // namespace

Exit run_train(const HubOptions& hub, const TrainOptions& options) {
  const Printer printer(hub.json);
  const auto text = read_file(options.file);
  if (!text) return printer.error(text.error(), "`weft train` takes a YAML file", Exit::usage);
  JobFileReading reading = read_job_file(*text, options.file);
  if (!reading.faults.empty()) {
    if (hub.json) {
      return printer.error(make_error(Reason::invalid_argument, reading.faults.front().message), "",
                           Exit::usage);
    }
    for (const ConfigFault& fault : reading.faults) printer.note(printable(render(fault, *text)));
    return Exit::usage;
  }
  Training training{.job = std::move(reading.job),
                    .folder = fs::path(options.file).parent_path(),
                    .detached = options.detached};
  return run_with_aws(hub,
                      [&](AdminClient& admin, AwsClient& aws, const Printer& to,
                          const Clock& clock) -> Awaitable<Result<Exit>> {
                        return train(admin, aws, to, training, clock.unix_ms());
                      });
}

Exit run_jobs(const HubOptions& hub, const JobsOptions& options) {
  return run_with_aws(
      hub,
      [&](AdminClient& admin, AwsClient& aws, const Printer& printer,
          const Clock&) -> Awaitable<Result<Exit>> {
        if (options.name.empty()) {
          WEFT_CO_TRY(json::value answer, co_await admin.get("/admin/v1/jobs"));
          printer.document(answer);
          print_jobs(printer, answer);
          co_return Exit::done;
        }
        if (options.stop) {
          json::object named{{"TrainingJobName", options.name}};
          WEFT_CO_TRY(json::object stopped,
                      co_await aws.sagemaker("StopTrainingJob", std::move(named)));
          printer.line(std::format("{} is being stopped; what it has is kept", options.name));
          printer.document(stopped);
          co_return Exit::done;
        }
        if (options.logs) co_return co_await print_log(aws, printer, options.name, options.lines);
        WEFT_CO_TRY(json::object job, co_await follow(admin, printer, options.name));
        const Exit exit = print_job(printer, job);
        printer.document(job);
        co_return exit;
      });
}

}  // namespace weft::app
