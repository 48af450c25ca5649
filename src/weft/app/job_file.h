// The file of `weft train`: a training job in a few lines of strict YAML. Owned by app; pure but
// for the files that it names.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weft/app/config.h"
#include "weft/base/json.h"

namespace weft::app {

struct JobChannel {
  std::string name;
  std::string from;  ///< `s3://…`, or a file or folder here, as its path from the job's file
  std::string type;  ///< its media type; empty: by the file's name
};

struct JobFile {
  std::string name;
  std::string algorithm;  ///< empty when `script` says what trains
  std::string script;     ///< a Python program; all that lies in its folder goes along
  std::vector<std::pair<std::string, std::string>> hyperparameters;
  std::vector<JobChannel> data;
  std::vector<std::pair<std::string, std::string>> metrics;  ///< name and regular expression
  std::vector<std::pair<std::string, std::string>> environment;
  std::string instance = "ml.m5.large";
  std::int64_t time_s = 24 * 3'600;
  std::string output;  ///< `s3://…`; empty: the bucket of `weft train`
  std::string deploy;  ///< the endpoint that is made of the model; empty: none
};

struct JobFileReading {
  JobFile job;
  std::vector<ConfigFault> faults;
};

JobFileReading read_job_file(std::string_view text, const std::string& file);

/// `text/csv` for `.csv` and so on; empty for a name that tells nothing.
std::string media_type_of(const std::filesystem::path& file);

/// CreateTrainingJob's request. What lies on this machine is
/// where place_of_channel() says.
json::object training_request(const JobFile& job, const std::string& job_name,
                              const std::string& bucket);

/// Where `weft train` puts what lies on this machine: `s3://BUCKET/JOB/input/CHANNEL`.
std::string place_of_channel(const JobChannel& channel, const std::string& job_name,
                             const std::string& bucket);
/// Where it puts a script with what belongs to it.
std::string key_of_code(const std::string& job_name);

}  // namespace weft::app
