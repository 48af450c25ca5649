#include "weft/ml/algorithms/recognise.h"

#include <algorithm>
#include <cstring>
#include <format>
#include <optional>

#include "weft/base/file.h"
#include "weft/ml/algorithms/archive_look.h"
#include "weft/ml/algorithms/blazingtext/file_format.h"
#include "weft/ml/algorithms/protobuf.h"
#include "weft/wire/inflate.h"

namespace weft::ml {
namespace {

constexpr std::size_t kPieceBytes = 256 * 1024;

enum class Answer : std::uint8_t { no, maybe, yes };

/// In lower case.
std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

bool is_fasttext(std::string_view head) {
  std::int32_t magic = 0;
  if (head.size() < 2 * sizeof(magic)) return false;
  std::memcpy(&magic, head.data(), sizeof(magic));
  return magic == blazingtext::kMagic;
}

/// Fields of a ModelProto (onnx.proto) and what type each has; anything else is none.
std::optional<ProtoField::Type> model_field(std::uint32_t number) {
  constexpr std::uint32_t kNumbers[] = {1, 5};  // ir_version, model_version
  // producer_name, producer_version, domain, doc_string, graph, opset_import, metadata_props,
  // training_info, functions
  constexpr std::uint32_t kMessages[] = {2, 3, 4, 6, 7, 8, 14, 20, 25};
  if (std::ranges::contains(kNumbers, number)) return ProtoField::Type::varint;
  if (std::ranges::contains(kMessages, number)) return ProtoField::Type::delimited;
  return std::nullopt;
}

/// Whether they are ModelProto's fields up to the end of what is there, the version and the graph
/// (or where it begins: it is most of the file) among them.
Answer is_onnx(std::string_view head, bool whole) {
  constexpr char kGraphTag = 7 << 3 | 2;
  ProtoFields fields(head);
  bool version = false;
  bool graph = false;
  while (!fields.empty()) {
    const std::string_view before = fields.rest();
    const auto field = fields.next();
    if (!field) {
      if (whole || !version) return Answer::no;
      return graph || before.front() == kGraphTag ? Answer::yes : Answer::maybe;
    }
    const auto type = model_field((*field)->number);
    if (!type || *type != (*field)->type) return Answer::no;
    if ((*field)->number == 1) version = (*field)->value > 0 && (*field)->value <= 1'000;
    graph |= (*field)->number == 7;
  }
  return version && graph ? Answer::yes : Answer::no;
}

/// An object of UBJSON: a key follows, which begins with the type of its length, or a hint.
bool is_ubjson(std::string_view head) {
  return head.size() > 1 && head[0] == '{' && std::string_view("LlIUi#$").contains(head[1]);
}

bool is_json(std::string_view head) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto begin = head.find_first_not_of(kBlanks);
  if (begin == head.npos || head[begin] != '{') return false;
  const auto next = head.find_first_not_of(kBlanks, begin + 1);
  return next != head.npos && head[next] == '"';
}

/// What XGBoost's models have near their beginning, whichever of the two ways they are written in.
Answer has_booster(std::string_view head) {
  if (!head.contains("learner")) return Answer::no;
  return head.contains("gradient_booster") || head.contains("learner_model_param") ? Answer::yes
                                                                                   : Answer::maybe;
}

std::unexpected<Error> unknown(std::string_view name, std::string_view plain) {
  struct Row {
    std::string_view ending;
    std::string_view of;
  };
  constexpr Row kRows[] = {{".onnx", "ONNX models"},      {".ubj", "XGBoost's models"},
                           {".json", "XGBoost's models"}, {".bin", "fastText's models"},
                           {".ftz", "fastText's models"}, {".tar.gz", "archives"},
                           {".tgz", "archives"}};
  const auto at =
      std::ranges::find_if(kRows, [&](const Row& row) { return plain.ends_with(row.ending); });
  if (at != std::end(kRows)) {
    return fail(Reason::invalid_argument,
                std::format("{} is named as {} are, but does not begin as they do", name, at->of));
  }
  return fail(Reason::invalid_argument,
              std::format("{} is no model that is known: neither ONNX, nor XGBoost's JSON or "
                          "UBJSON, nor fastText's .bin or .ftz",
                          name));
}

}  // namespace

bool is_pickle(std::string_view head) {
  return head.starts_with("PK\x03\x04") ||
         (head.size() > 1 && head[0] == '\x80' && head[1] >= 2 && head[1] <= 5);
}

bool is_archive(std::string_view head) {
  return head.starts_with("\x1f\x8b") || (head.size() > 262 && head.substr(257, 5) == "ustar");
}

Result<ModelFile> recognise_model(std::string_view name, std::string_view head) {
  const std::string plain = lower(name.substr(name.rfind('/') + 1));
  if (is_fasttext(head)) {
    return ModelFile{.format = ModelFormat::fasttext,
                     .image = "blazingtext",
                     .certain = true,
                     .how = "its first bytes, which are fastText's",
                     .packed = false,
                     .environment = {}};
  }
  if (is_archive(head)) {
    return fail(Reason::invalid_argument,
                std::format("{} is an archive, which does not tell what loads its model; say it "
                            "with `image`: xgboost, onnx, blazingtext or script",
                            name));
  }
  if (is_pickle(head)) {
    return fail(Reason::invalid_argument,
                std::format("{} is a Python pickle (or a PyTorch file), which would run whatever "
                            "code it holds: export the model as ONNX, or save XGBoost's as .ubj",
                            name));
  }
  const bool ubjson = is_ubjson(head);
  const Answer booster = ubjson || is_json(head) ? has_booster(head) : Answer::no;
  if (booster != Answer::no) {
    return ModelFile{.format = ubjson ? ModelFormat::xgboost_ubj : ModelFormat::xgboost_json,
                     .image = "xgboost",
                     .certain = booster == Answer::yes,
                     .how = std::format("the learner in its {}, as XGBoost writes it",
                                        ubjson ? "UBJSON" : "JSON"),
                     .packed = false,
                     .environment = {}};
  }
  const Answer onnx = is_onnx(head, head.size() < kRecognisedBytes);
  if (onnx == Answer::no || (onnx == Answer::maybe && !plain.ends_with(".onnx")))
    return unknown(name, plain);
  return ModelFile{.format = ModelFormat::onnx,
                   .image = "onnx",
                   .certain = onnx == Answer::yes,
                   .how = onnx == Answer::yes
                              ? "its fields, which are those of an ONNX model"
                              : "its name, and its fields could be those of an ONNX model",
                   .packed = false,
                   .environment = {}};
}

Result<ModelFile> recognise_file(const std::filesystem::path& path) {
  WEFT_TRY(const File file, File::open(path));
  WEFT_TRY(std::string piece, file.read(0, kPieceBytes));
  const std::string name = path.filename().string();
  if (!is_archive(piece)) return recognise_model(name, piece);
  ArchiveLook look;
  wire::Inflating inflating;
  const bool packed = piece.starts_with("\x1f\x8b");
  const auto take = [&](std::string_view bytes) { return look.take(bytes); };
  for (std::uint64_t at = 0; !piece.empty();) {
    const auto taken = packed ? inflating.take(piece, take) : look.take(piece);
    if (!taken) {
      return fail(Reason::invalid_argument, std::format("{} is an archive that cannot be used: {}",
                                                        name, taken.error().message));
    }
    at += piece.size();
    WEFT_TRY(piece, file.read(at, kPieceBytes));
  }
  return look.answer(name);
}

}  // namespace weft::ml
