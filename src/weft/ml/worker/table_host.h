// What hosts of models for tables have in common: requests become rows, all rows of a batch one
// table, its predictions the answers. Owned by the program's main; one thread.
#pragma once

#include <optional>
#include <vector>

#include "weft/ml/tabular/requests.h"
#include "weft/ml/tabular/tensors.h"
#include "weft/ml/worker/serve.h"

namespace weft::ml::worker {

class TableHost : public ModelHost {
 public:
  void answer(std::span<const Request> requests, std::span<Reply> replies) final;

 protected:
  /// How many features a row has; 0: any.
  virtual std::uint64_t columns() const = 0;
  /// What they are called, where the model knows.
  virtual std::span<const std::string> column_names() const { return {}; }
  /// Whether these rows can be asked about. Errors: Reason::invalid_argument.
  virtual Result<void> check(const Rows& rows, std::string_view content_type) const = 0;
  /// Predictions for dense or sparse rows; their values last until the next call.
  virtual Result<Scores> predict(const Rows& rows) = 0;
  /// The answer for some of the scores; write_scores() unless the host has its own forms.
  virtual Result<Answer> write(std::string_view accept, Scores scores) const;

 private:
  struct Part {
    std::size_t request = 0;
    std::size_t rows = 0;
    /// Of a request in tensors: how its answer is wanted.
    std::optional<wire::OipRequest> asked;
  };
  Result<Rows> read(const Request& request, Part& part) const;
  void write(const Request& request, const Part& part, Scores scores, Reply& reply) const;
  void answer_together(Rows& all, const std::vector<Part>& parts, std::span<const Request> requests,
                       std::span<Reply> replies);

  Rows dense_;
  Rows sparse_;
};

}  // namespace weft::ml::worker
