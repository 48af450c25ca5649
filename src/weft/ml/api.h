// What training and serving offer to the adapters: the one header of theirs that adapters include.
// Owned by app; lives as long as the hub serves.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "weft/ml/jobs/training_jobs.h"
#include "weft/ml/logs.h"
#include "weft/ml/metrics.h"
#include "weft/ml/serving/endpoints.h"
#include "weft/ml/serving/models.h"
#include "weft/ml/tags.h"
#include "weft/store/objects.h"

namespace weft::ml {

struct Api {
  TrainingJobs& jobs;
  Models& models;
  Endpoints& endpoints;
  Tags& tags;
  Logs& logs;
  Metrics& metrics;
  /// The objects as this principal may see them: buckets that others made are not there for it.
  std::function<std::shared_ptr<store::Objects>(std::string owner)> objects;
};

}  // namespace weft::ml
