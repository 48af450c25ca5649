#include "weft/ml/algorithms/archive_look.h"

#include <algorithm>
#include <format>
#include <optional>
#include <ranges>

#include "weft/wire/tar.h"

namespace weft::ml {
namespace {

/// As the worker has them (ml/worker/archive.h).
constexpr std::size_t kEntriesMax = 10'000;
constexpr std::uint64_t kBytesMax = std::uint64_t{8} * 1024 * 1024 * 1024;
/// Files whose first bytes are looked at: a model is one, an ensemble a few.
constexpr std::size_t kFilesLookedAt = 64;
constexpr std::size_t kFilesNamed = 5;

constexpr std::string_view kProgram = "inference.py";
constexpr std::string_view kPrograms[] = {"code/inference.py", "code/serve", "serve"};

/// `./code//a` is `code/a`.
std::string plain_name(std::string_view name) {
  std::string out;
  while (!name.empty()) {
    const auto end = std::min(name.find('/'), name.size());
    const std::string_view part = name.substr(0, end);
    name.remove_prefix(std::min(end + 1, name.size()));
    if (part.empty() || part == ".") continue;
    out += out.empty() ? "" : "/";
    out += part;
  }
  return out;
}

/// What a worker looks for a model among.
bool at_top(std::string_view name) {
  return !name.empty() && !name.contains('/') && !name.starts_with('.');
}

bool is_torch_script(std::string_view name, std::string_view head) {
  return (name.ends_with(".pt") || name.ends_with(".pth")) && head.starts_with("PK\x03\x04");
}

ModelFile script_known_by(std::string how) {
  return {.format = ModelFormat::script,
          .image = "script",
          .certain = true,
          .how = std::move(how),
          .packed = true,
          .environment = {}};
}

}  // namespace

Result<void> ArchiveLook::begin_entry() {
  WEFT_TRY(const auto entry, wire::read_tar_block(block_));
  block_.clear();
  over_ = !entry.has_value();
  if (over_) return {};
  bytes_ += entry->bytes;
  if (++entries_ > kEntriesMax || entry->bytes > kBytesMax || bytes_ > kBytesMax) {
    return fail(Reason::too_large,
                std::format("it holds more than {} entries or {} bytes", kEntriesMax, kBytesMax));
  }
  left_ = entry->bytes;
  padding_ = wire::tar_padding(left_);
  const std::string name = plain_name(entry->name);
  kept_ = entry->regular && files_.size() < kFilesLookedAt &&
          (at_top(name) || std::ranges::contains(kPrograms, name));
  if (kept_) files_.push_back({.name = name, .head = ""});
  return {};
}

Result<void> ArchiveLook::take(std::string_view bytes) {
  while (!bytes.empty() && !over_) {
    if (left_ == 0 && padding_ == 0) {
      const std::string_view more = bytes.substr(0, wire::kTarBlockBytes - block_.size());
      block_ += more;
      bytes.remove_prefix(more.size());
      if (block_.size() == wire::kTarBlockBytes) WEFT_CHECK(begin_entry());
      continue;
    }
    if (left_ > 0) {
      const std::string_view own = bytes.substr(0, left_);
      if (kept_) {
        std::string& head = files_.back().head;
        head += own.substr(0, kRecognisedBytes - head.size());
      }
      left_ -= own.size();
      bytes.remove_prefix(own.size());
      continue;
    }
    const std::size_t skipped = std::min(padding_, bytes.size());
    padding_ -= skipped;
    bytes.remove_prefix(skipped);
  }
  return {};
}

const ArchiveLook::Seen* ArchiveLook::named(std::string_view name) const {
  const auto at = std::ranges::find(files_, name, &Seen::name);
  return at == files_.end() ? nullptr : &*at;
}

Result<ModelFile> ArchiveLook::answer(std::string_view name) const {
  for (const std::string_view program : kPrograms) {
    if (named(program) != nullptr)
      return script_known_by(std::format("the program {} in it", program));
  }
  if (named(kProgram) != nullptr) {
    ModelFile out = script_known_by(std::format("the program {} in it", kProgram));
    out.environment = {{"SAGEMAKER_PROGRAM", std::string(kProgram)},
                       {"SAGEMAKER_SUBMIT_DIRECTORY", "/opt/ml/model"}};
    return out;
  }
  return of_files(name);
}

Result<ModelFile> ArchiveLook::of_files(std::string_view name) const {
  std::optional<ModelFile> out;
  std::optional<Error> refused;
  for (const Seen& file : files_) {
    auto known = is_torch_script(file.name, file.head)
                     ? script_known_by("the name of a TorchScript file")
                     : recognise_model(file.name, file.head);
    if (!known) {
      // Of a pickle there is more to say than of what is nothing at all.
      if (!refused && is_pickle(file.head)) refused = known.error();
      continue;
    }
    if (out && out->image != known->image) {
      return fail(Reason::invalid_argument,
                  std::format("{} holds models of more than one kind: {} and {}", name, out->image,
                              known->image));
    }
    if (out) continue;
    out = *std::move(known);
    out->packed = true;
    out->how = std::format("{} in it: {}", file.name, out->how);
  }
  if (out) return *std::move(out);
  if (!refused) return no_model(name);
  refused->message = std::format("in {}: {}", name, refused->message);
  return fail(*std::move(refused));
}

std::unexpected<Error> ArchiveLook::no_model(std::string_view name) const {
  std::string names;
  for (const Seen& file : files_ | std::views::take(kFilesNamed))
    names += std::format("{}{}", names.empty() ? "" : ", ", file.name);
  if (files_.size() > kFilesNamed)
    names += std::format(" and {} more", files_.size() - kFilesNamed);
  return fail(
      Reason::invalid_argument,
      std::format("{} is an archive that holds no model that is known ({}): at its top lies "
                  "XGBoost's, an ONNX or a fastText one, or a TorchScript file, or there is "
                  "code/inference.py",
                  name, names.empty() ? "nothing lies at its top" : names));
}

}  // namespace weft::ml
