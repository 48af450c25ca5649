#include "weft/ml/algorithms/blazingtext/engine/library.h"

#include <fasttext/fasttext.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <format>
#include <fstream>
#include <istream>
#include <sstream>
#include <streambuf>
#include <system_error>
#include <thread>

#include "weft/base/file.h"
#include "weft/ml/algorithms/blazingtext/engine/model_check.h"
#include "weft/ml/tabular/data_files.h"

namespace weft::ml::blazingtext {
namespace {

namespace fs = std::filesystem;

/// The library's exceptions end here. Errors: as `reason` and its words.
template <class Do>
auto guarded(Do act) -> Result<decltype(act())> {
  try {
    if constexpr (std::is_void_v<decltype(act())>) {
      act();
      return {};
    } else {
      return act();
    }
  } catch (const std::bad_alloc&) {
    return fail(Reason::internal, "fastText: out of memory");
  } catch (const std::exception& error) {
    return fail(Reason::invalid_argument, std::format("fastText: {}", error.what()));
  }
}

/// A text as the stream that the library reads.
class TextBuffer final : public std::streambuf {
 public:
  explicit TextBuffer(std::string& text) {
    setg(text.data(), text.data(), text.data() + text.size());
  }
};

/// A line of the text: what would end it before its end is a blank.
std::string line_of(std::string_view text) {
  std::string out(text);
  std::ranges::replace(out, '\n', ' ');
  out += '\n';
  return out;
}

fasttext::Args arguments_of(const Plan& plan, const fs::path& input, int threads) {
  fasttext::Args out;
  out.input = input.string();
  // The program reads it as a float.
  out.lr = static_cast<float>(plan.learning_rate);
  out.dim = static_cast<int>(plan.vector_dim);
  out.epoch = static_cast<int>(plan.epochs);
  out.minCount = static_cast<int>(plan.min_count);
  out.bucket = static_cast<int>(plan.buckets);
  out.thread = std::max(threads, 1);
  out.verbose = 0;
  if (plan.mode == Mode::supervised) {
    out.model = fasttext::model_name::sup;
    out.loss = fasttext::loss_name::softmax;
    out.wordNgrams = static_cast<int>(plan.word_ngrams);
    out.minn = out.maxn = 0;
  } else {
    out.model = plan.mode == Mode::cbow ? fasttext::model_name::cbow : fasttext::model_name::sg;
    out.neg = static_cast<int>(plan.negative_samples);
    out.ws = static_cast<int>(plan.window_size);
    out.t = plan.sampling_threshold;
    out.minn = plan.subwords ? static_cast<int>(plan.min_char) : 0;
    out.maxn = plan.subwords ? static_cast<int>(plan.max_char) : 0;
  }
  // As the program: nothing is hashed, so there is nothing to keep room for.
  if (out.wordNgrams <= 1 && out.maxn == 0) out.bucket = 0;
  return out;
}

/// The library with its inner parts in reach.
class Library final : public fasttext::FastText {
 public:
  const fasttext::Args& args() const { return *args_; }
  const fasttext::Dictionary& dictionary() const { return *dict_; }
  const fasttext::Model& model() const { return *model_; }

  /// What FastText::train() does before it starts its threads.
  void read_words(const fasttext::Args& args) {
    args_ = std::make_shared<fasttext::Args>(args);
    dict_ = std::make_shared<fasttext::Dictionary>(args_);
    std::ifstream in(args_->input);
    dict_->readFromFile(in);
  }
  void make_matrices() {
    input_ = createRandomMatrix();
    output_ = createTrainOutputMatrix();
    quant_ = false;
    buildModel();
  }

  /// What a thread of FastText::trainThread() has for itself.
  struct Thread {
    std::ifstream in;
    fasttext::Model::State state;
    std::int64_t tokens = 0;  ///< not yet told to the others
    std::vector<std::int32_t> line;
    std::vector<std::int32_t> labels;
    std::exception_ptr failed;
  };
  std::unique_ptr<Thread> thread(int number) const {
    auto out = std::make_unique<Thread>(
        Thread{.in = std::ifstream(args_->input),
               .state = fasttext::Model::State(args_->dim, static_cast<int32_t>(output_->size(0)),
                                               number + args_->seed)});
    const std::int64_t size = fasttext::utils::size(out->in);
    fasttext::utils::seek(out->in, number * size / args_->thread);
    return out;
  }

  std::int64_t done() const { return tokenCount_; }
  /// How far it has come, in the library's own arithmetic.
  float progress() const {
    return static_cast<float>(tokenCount_) / static_cast<float>(args_->epoch * dict_->ntokens());
  }
  float rate(float progress) const { return static_cast<float>(args_->lr * (1.0 - progress)); }

  /// FastText::trainThread() up to `until` tokens of all threads together.
  void train(Thread& thread, std::int64_t until, const std::function<bool()>& goes_on) {
    while (tokenCount_ < until && goes_on()) {
      const float lr = rate(progress());
      switch (args_->model) {
        case fasttext::model_name::sup:
          thread.tokens += dict_->getLine(thread.in, thread.line, thread.labels);
          supervised(thread.state, lr, thread.line, thread.labels);
          break;
        case fasttext::model_name::cbow:
          thread.tokens += dict_->getLine(thread.in, thread.line, thread.state.rng);
          cbow(thread.state, lr, thread.line);
          break;
        case fasttext::model_name::sg:
          thread.tokens += dict_->getLine(thread.in, thread.line, thread.state.rng);
          skipgram(thread.state, lr, thread.line);
          break;
      }
      if (thread.tokens > args_->lrUpdateRate) {
        tokenCount_ += thread.tokens;
        thread.tokens = 0;
      }
    }
  }

  /// Of the lines that begin in [begin, end) of the file.
  Accuracy accuracy_on(const fs::path& file, std::int64_t begin, std::int64_t end) const {
    std::ifstream in(file);
    std::string rest;
    // The line before is the other thread's.
    if (begin > 0) {
      in.seekg(begin - 1);
      std::getline(in, rest);
    }
    Accuracy out;
    fasttext::Model::State state(args_->dim, dict_->nlabels(), 0);
    std::vector<std::int32_t> line;
    std::vector<std::int32_t> labels;
    fasttext::Predictions said;
    while (in.peek() != EOF && in.tellg() < end) {
      dict_->getLine(in, line, labels);
      if (line.empty() || labels.empty()) continue;
      said.clear();
      model_->predict(line, 1, 0, said, state);
      ++out.examples;
      if (!said.empty() && std::ranges::contains(labels, said[0].second)) ++out.right;
    }
    return out;
  }
};

}  // namespace

// ---- TextModel

struct TextModel::State {
  Library library;
};

TextModel::TextModel(std::unique_ptr<State> state) : state_(std::move(state)) {}
TextModel::TextModel(TextModel&&) noexcept = default;
TextModel& TextModel::operator=(TextModel&&) noexcept = default;
TextModel::~TextModel() = default;

Result<TextModel> TextModel::load(const fs::path& file) {
  auto state = std::make_unique<State>();
  WEFT_CHECK(guarded([&] { state->library.loadModel(file.string()); }));
  return TextModel(std::move(state));
}

bool TextModel::supervised() const {
  return state_->library.args().model == fasttext::model_name::sup;
}

std::size_t TextModel::dimension() const {
  return static_cast<std::size_t>(state_->library.args().dim);
}

std::size_t TextModel::words() const {
  return static_cast<std::size_t>(state_->library.dictionary().nwords());
}

std::string TextModel::word(std::size_t number) const {
  return state_->library.dictionary().getWord(static_cast<std::int32_t>(number));
}

std::vector<std::string> TextModel::labels() const {
  const fasttext::Dictionary& dictionary = state_->library.dictionary();
  std::vector<std::string> out;
  out.reserve(static_cast<std::size_t>(dictionary.nlabels()));
  for (std::int32_t i = 0; i < dictionary.nlabels(); ++i) out.push_back(dictionary.getLabel(i));
  return out;
}

Result<std::vector<Said>> TextModel::predict(std::string_view text, std::size_t count) const {
  std::string line = line_of(text);
  return guarded([&] {
    TextBuffer buffer(line);
    std::istream in(&buffer);
    std::vector<std::pair<float, std::string>> said;
    state_->library.predictLine(in, said, static_cast<std::int32_t>(count), 0);
    std::vector<Said> out;
    out.reserve(said.size());
    for (auto& [probability, label] : said)
      out.push_back({.label = std::move(label), .probability = probability});
    return out;
  });
}

Result<std::vector<float>> TextModel::vector_of(std::string_view word) const {
  return guarded([&] {
    fasttext::Vector out(state_->library.getDimension());
    state_->library.getWordVector(out, std::string(word));
    return std::vector<float>(out.data(), out.data() + out.size());
  });
}

// ---- Training

struct Training::State {
  std::unique_ptr<Library> library = std::make_unique<Library>();
  std::vector<std::unique_ptr<Library::Thread>> threads;
  std::int64_t epochs_done = 0;
};

Training::Training(std::unique_ptr<State> state) : state_(std::move(state)) {}
Training::Training(Training&&) noexcept = default;
Training& Training::operator=(Training&&) noexcept = default;
Training::~Training() = default;

std::int64_t Training::words() const { return state_->library->dictionary().nwords(); }
std::int64_t Training::labels() const { return state_->library->dictionary().nlabels(); }
std::int64_t Training::tokens() const { return state_->library->dictionary().ntokens(); }

Result<Training> Training::begin(const Plan& plan, const fs::path& input, int threads,
                                 std::uint64_t memory_bytes) {
  auto state = std::make_unique<State>();
  Library& library = *state->library;
  const auto read = guarded([&] { library.read_words(arguments_of(plan, input, threads)); });
  const bool supervised = plan.mode == Mode::supervised;
  const bool empty = !read && read.error().message.contains("Empty vocabulary");
  if (!read && !empty) return fail(read.error());
  const auto words = static_cast<std::uint64_t>(library.dictionary().nwords());
  const auto labels = static_cast<std::uint64_t>(library.dictionary().nlabels());
  if (empty || (words == 0 && !supervised)) {
    return fail(Reason::invalid_argument,
                std::format("the training data has no word that comes {} times (min_count)",
                            plan.min_count));
  }
  const auto buckets = static_cast<std::uint64_t>(library.args().bucket);
  if (supervised && labels == 0) {
    return fail(Reason::invalid_argument,
                "the training data has no labels: a line of it is `__label__NAME` and words");
  }
  const std::uint64_t rows = words + buckets + (supervised ? labels : words);
  const std::uint64_t bytes = rows * static_cast<std::uint64_t>(plan.vector_dim) * sizeof(float);
  if (memory_bytes != 0 && bytes > memory_bytes) {
    return fail(Reason::invalid_argument,
                std::format("a model of {} words and {} buckets of {} numbers takes {} bytes; the "
                            "job has {}: lower buckets or vector_dim, or give it a larger instance "
                            "type",
                            words, buckets, plan.vector_dim, bytes, memory_bytes));
  }
  WEFT_CHECK(guarded([&] {
    library.make_matrices();
    for (int i = 0; i < library.args().thread; ++i) state->threads.push_back(library.thread(i));
  }));
  return Training(std::move(state));
}

Result<bool> Training::epoch(const Watch& watch) {
  Library& library = *state_->library;
  const std::int64_t until = (state_->epochs_done + 1) * tokens();
  std::atomic<bool> stopped = false;
  const auto run = [&](std::size_t number) {
    Library::Thread& own = *state_->threads[number];
    const auto goes_on = [&] {
      if (number == 0) watch.progress(library.done());
      if (watch.stopped()) stopped = true;
      return !stopped;
    };
    try {
      library.train(own, until, goes_on);
    } catch (const std::exception&) {
      own.failed = std::current_exception();
      stopped = true;
    }
  };
  {
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < state_->threads.size(); ++i) others.emplace_back(run, i);
    run(0);
  }
  for (const auto& each : state_->threads) {
    if (!each->failed) continue;
    return fail(Reason::invalid_argument,
                "the training does not converge: its values are no numbers any more; lower "
                "learning_rate");
  }
  if (stopped) return false;
  ++state_->epochs_done;
  return true;
}

double Training::learning_rate() const {
  return state_->library->rate(std::min(state_->library->progress(), 1.0F));
}

Result<Accuracy> Training::accuracy_on(const fs::path& file) const {
  std::error_code error;
  const auto size = static_cast<std::int64_t>(fs::file_size(file, error));
  if (error)
    return fail(Reason::internal,
                std::format("cannot read `{}`: {}", file.string(), error.message()));
  const auto count = static_cast<std::int64_t>(state_->threads.size());
  std::vector<Result<Accuracy>> parts(state_->threads.size(), Accuracy());
  {
    std::vector<std::jthread> threads;
    threads.reserve(parts.size());
    for (std::int64_t i = 0; i < count; ++i) {
      threads.emplace_back([&, i] {
        parts[static_cast<std::size_t>(i)] = guarded([&] {
          return state_->library->accuracy_on(file, size * i / count, size * (i + 1) / count);
        });
      });
    }
  }
  Accuracy out;
  for (const auto& part : parts) {
    if (!part) return fail(part.error());
    out.right += part->right;
    out.examples += part->examples;
  }
  return out;
}

Result<void> Training::save(const fs::path& file) const {
  WEFT_CHECK(guarded([&] { state_->library->saveModel(file.string()); }));
  // The library does not look whether all of it was written.
  WEFT_TRY(const auto mapped, MappedFile::open(file));
  const auto whole = check_model(mapped->bytes());
  if (whole) return {};
  return fail(Reason::storage_full,
              std::format("`{}` could not be written whole ({}): is the disk full?", file.string(),
                          whole.error().message));
}

Result<void> Training::load(const fs::path& file) {
  return guarded([&] { state_->library->loadModel(file.string()); });
}

/// As FastText::saveVectors() has it, which does not look whether all of it was written.
Result<void> Training::save_vectors(const fs::path& path) const {
  constexpr std::size_t kPiece = 1024 * 1024;
  Library& library = *state_->library;
  WEFT_TRY(File file, File::make(path));
  std::ostringstream text;
  text << words() << ' ' << library.getDimension() << '\n';
  fasttext::Vector vector(library.getDimension());
  for (std::int32_t i = 0; i < words(); ++i) {
    const std::string word = library.dictionary().getWord(i);
    library.getWordVector(vector, word);
    text << word << ' ' << vector << '\n';
    if (static_cast<std::size_t>(text.tellp()) < kPiece && i + 1 < words()) continue;
    WEFT_CHECK(file.write(text.view(), path));
    text.str("");
  }
  return file.sync(path);
}

}  // namespace weft::ml::blazingtext
