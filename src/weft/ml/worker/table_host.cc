#include "weft/ml/worker/table_host.h"

#include <algorithm>

#include "weft/ml/worker/tensor_replies.h"

namespace weft::ml::worker {
namespace {

void append(Rows& all, const Rows& rows) {
  all.sparse = rows.sparse;
  all.columns = std::max(all.columns, rows.columns);
  const std::uint64_t before = all.values.size();
  all.values.insert(all.values.end(), rows.values.begin(), rows.values.end());
  all.indices.insert(all.indices.end(), rows.indices.begin(), rows.indices.end());
  for (std::size_t i = 1; i < rows.row_begin.size(); ++i)
    all.row_begin.push_back(before + rows.row_begin[i]);
}

}  // namespace

Result<Answer> TableHost::write(std::string_view accept, Scores scores) const {
  return write_scores(accept, scores);
}

void TableHost::answer(std::span<const Request> requests, std::span<Reply> replies) {
  std::vector<Part> dense;
  std::vector<Part> sparse;
  dense_.clear();
  sparse_.clear();
  dense_.columns = sparse_.columns = 0;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const Request& request = requests[i];
    if (request.body.empty() && !request.tensors) {
      replies[i].status = 204;
      continue;
    }
    Part part{.request = i, .rows = 0, .asked = std::nullopt};
    const auto rows = read(request, part);
    const auto fits = rows ? check(*rows, request.type) : Result<void>(fail(rows.error()));
    if (!fits) {
      replies[i] = refusal_of(fits.error());
      continue;
    }
    Rows& all = rows->sparse ? sparse_ : dense_;
    // Rows of another width cannot stand in one table with the others.
    if (!rows->sparse && !dense.empty() && rows->columns != dense_.columns) {
      answer_together(dense_, dense, requests, replies);
      dense.clear();
      dense_.clear();
      dense_.columns = 0;
    }
    append(all, *rows);
    part.rows = rows->rows();
    (rows->sparse ? sparse : dense).push_back(std::move(part));
  }
  if (!dense.empty()) answer_together(dense_, dense, requests, replies);
  if (!sparse.empty()) answer_together(sparse_, sparse, requests, replies);
}

void TableHost::answer_together(Rows& all, const std::vector<Part>& parts,
                                std::span<const Request> requests, std::span<Reply> replies) {
  const auto scores = predict(all);
  std::size_t begin = 0;
  for (const Part& part : parts) {
    Reply& reply = replies[part.request];
    if (!scores) {
      reply = refusal_of(scores.error());
      continue;
    }
    const std::size_t width = scores->width;
    const Scores own{.values = scores->values.subspan(begin * width, part.rows * width),
                     .width = width};
    begin += part.rows;
    write(requests[part.request], part, own, reply);
  }
}

Result<Rows> TableHost::read(const Request& request, Part& part) const {
  if (!request.tensors) return read_rows(request.type, request.body, columns());
  WEFT_TRY(wire::OipRequest asked, read_tensors(request));
  auto rows = rows_of(asked, column_names());
  // What was asked is kept without its tensors.
  asked.inputs.clear();
  part.asked = std::move(asked);
  return rows;
}

void TableHost::write(const Request& request, const Part& part, Scores scores, Reply& reply) const {
  if (part.asked) {
    wire::OipResponse response;
    response.id = part.asked->id;
    response.outputs.push_back(tensor_of(scores));
    if (auto written = write_wanted(std::move(response), *part.asked, reply); !written)
      reply = refusal_of(written.error());
    return;
  }
  auto answer = write(request.accept, scores);
  if (!answer) {
    reply = refusal_of(answer.error());
    return;
  }
  reply.type = answer->type;
  reply.body = std::move(answer->body);
}

}  // namespace weft::ml::worker
