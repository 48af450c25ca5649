#include "weft/ml/algorithms/onnx/engine/library.h"

#include <onnxruntime/onnxruntime_c_api.h>
#include <onnxruntime/onnxruntime_session_options_config_keys.h>

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <format>
#include <limits>
#include <optional>
#include <print>
#include <ranges>

namespace weft::ml::onnx {
namespace {

using wire::TensorType;

const OrtApi& ort() {
  static const OrtApi* const api = OrtGetApiBase()->GetApi(ORT_API_VERSION);
  return *api;
}

template <class T, auto Release>
struct Free {
  void operator()(T* handle) const { (ort().*Release)(handle); }
};
template <class T, auto Release>
using Handle = std::unique_ptr<T, Free<T, Release>>;
using Options = Handle<OrtSessionOptions, &OrtApi::ReleaseSessionOptions>;
using SessionHandle = Handle<OrtSession, &OrtApi::ReleaseSession>;
using MemoryInfo = Handle<OrtMemoryInfo, &OrtApi::ReleaseMemoryInfo>;
using TypeInfo = Handle<OrtTypeInfo, &OrtApi::ReleaseTypeInfo>;
using ShapeInfo = Handle<OrtTensorTypeAndShapeInfo, &OrtApi::ReleaseTensorTypeAndShapeInfo>;
using Value = Handle<OrtValue, &OrtApi::ReleaseValue>;
using Status = Handle<OrtStatus, &OrtApi::ReleaseStatus>;

std::unexpected<Error> bad(std::string message) {
  return fail(Reason::invalid_argument, std::move(message));
}

/// What it says goes on with a place in ONNX Runtime's source, which tells nobody anything.
std::string reason(const OrtStatus* status) {
  std::string_view text = ort().GetErrorMessage(status);
  while (text.starts_with('/') || text.starts_with("./")) {
    const auto place = text.find(' ');
    if (place == text.npos) break;
    text.remove_prefix(place + 1);
  }
  while (text.ends_with('\n') || text.ends_with(' ')) text.remove_suffix(1);
  return std::string(text);
}

Result<void> done(OrtStatus* code) {
  if (code == nullptr) return {};
  const Status status(code);
  return bad(reason(status.get()));
}

/// Debian's ONNX Runtime registers every operator twice when the first model is loaded, and says so
/// of each on standard error. What else is written while this lives comes out when it goes.
class WithoutSchemaErrors {
 public:
  WithoutSchemaErrors() : kept_(::memfd_create("stderr", MFD_CLOEXEC)), saved_(::dup(2)) {
    if (kept_ >= 0 && saved_ >= 0) ::dup2(kept_, 2);
  }
  ~WithoutSchemaErrors() {
    if (saved_ >= 0) ::dup2(saved_, 2);
    if (saved_ >= 0) ::close(saved_);
    if (kept_ < 0) return;
    std::string text(64 * 1024, '\0');
    std::string rest;
    ::lseek(kept_, 0, SEEK_SET);
    for (ssize_t got = 0; (got = ::read(kept_, text.data(), text.size())) > 0;)
      rest.append(text, 0, static_cast<std::size_t>(got));
    ::close(kept_);
    for (const auto part : std::views::split(rest, '\n')) {
      const std::string_view line(part);
      if (!line.empty() && !line.starts_with("Schema error: ")) std::println(stderr, "{}", line);
    }
  }
  WithoutSchemaErrors(const WithoutSchemaErrors&) = delete;

 private:
  int kept_;
  int saved_;
};

Result<Options> options_for(int threads) {
  OrtSessionOptions* made = nullptr;
  WEFT_CHECK(done(ort().CreateSessionOptions(&made)));
  Options out(made);
  WEFT_CHECK(done(ort().SetIntraOpNumThreads(made, std::max(threads, 1))));
  WEFT_CHECK(done(ort().SetInterOpNumThreads(made, 1)));
  WEFT_CHECK(done(ort().SetSessionExecutionMode(made, ORT_SEQUENTIAL)));
  WEFT_CHECK(done(ort().SetSessionGraphOptimizationLevel(made, ORT_ENABLE_ALL)));
  for (const char* key :
       {kOrtSessionOptionsConfigAllowIntraOpSpinning, kOrtSessionOptionsConfigAllowInterOpSpinning})
    WEFT_CHECK(done(ort().AddSessionConfigEntry(made, key, "0")));
  return out;
}

/// `y = Identity(x)`, the smallest model there is.
constexpr std::string_view kSmallest =
    "\x08\x08\x42\x02\x10\x11\x3a\x37\x0a\x10\x0a\x01\x78\x12\x01\x79\x22\x08\x49\x64\x65\x6e\x74"
    "\x69\x74"
    "\x79\x12\x01\x67\x5a\x0f\x0a\x01\x78\x12\x0a\x0a\x08\x08\x01\x12\x04\x0a\x02\x08\x01\x62\x0f"
    "\x0a\x01\x79"
    "\x12\x0a\x0a\x08\x08\x01\x12\x04\x0a\x02\x08\x01";

/// One for the process, which ends with it: the library cannot register its operators again.
Result<OrtEnv*> environment() {
  static OrtEnv* env = nullptr;
  if (env != nullptr) return env;
  // What goes wrong is said to whoever asked; the library need not say it once more.
  WEFT_CHECK(done(ort().CreateEnv(ORT_LOGGING_LEVEL_FATAL, "weft", &env)));
  WEFT_TRY(const Options options, options_for(1));
  const WithoutSchemaErrors quiet;
  OrtSession* first = nullptr;
  WEFT_CHECK(done(ort().CreateSessionFromArray(env, kSmallest.data(), kSmallest.size(),
                                               options.get(), &first)));
  ort().ReleaseSession(first);
  return env;
}

struct TypeRow {
  ONNXTensorElementDataType theirs;
  TensorType ours;
};
constexpr std::array kTypes = {
    TypeRow{ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, TensorType::fp32},
    TypeRow{ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE, TensorType::fp64},
    TypeRow{ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16, TensorType::fp16},
    TypeRow{ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16, TensorType::bf16},
    TypeRow{ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8, TensorType::int8},
    TypeRow{ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16, TensorType::int16},
    TypeRow{ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32, TensorType::int32},
    TypeRow{ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64, TensorType::int64},
    TypeRow{ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8, TensorType::uint8},
    TypeRow{ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16, TensorType::uint16},
    TypeRow{ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32, TensorType::uint32},
    TypeRow{ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64, TensorType::uint64},
    TypeRow{ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL, TensorType::boolean},
    TypeRow{ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING, TensorType::bytes},
};

std::optional<TensorType> ours(ONNXTensorElementDataType type) {
  const auto at = std::ranges::find(kTypes, type, &TypeRow::theirs);
  return at == kTypes.end() ? std::nullopt : std::optional(at->ours);
}

ONNXTensorElementDataType theirs(TensorType type) {
  const auto at = std::ranges::find(kTypes, type, &TypeRow::ours);
  return at == kTypes.end() ? ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED : at->theirs;
}

std::string_view kind_of(ONNXType type) {
  switch (type) {
    case ONNX_TYPE_SEQUENCE: return "a sequence";
    case ONNX_TYPE_MAP: return "a map";
    case ONNX_TYPE_SPARSETENSOR: return "a sparse tensor";
    case ONNX_TYPE_OPTIONAL: return "optional";
    default: return "of a type of its own";
  }
}

Result<void> read_shape(const OrtTensorTypeAndShapeInfo* info, std::vector<std::int64_t>& shape) {
  std::size_t rank = 0;
  WEFT_CHECK(done(ort().GetDimensionsCount(info, &rank)));
  shape.resize(rank);
  return done(ort().GetDimensions(info, shape.data(), rank));
}

/// Whether it is a list with a map of class to score for each row.
bool is_list_of_maps(const OrtTypeInfo* info) {
  const OrtSequenceTypeInfo* list = nullptr;
  const Status cast(ort().CastTypeInfoToSequenceTypeInfo(info, &list));
  if (cast || list == nullptr) return false;
  OrtTypeInfo* element = nullptr;
  if (const Status status(ort().GetSequenceElementType(list, &element)); status) return false;
  const TypeInfo owned(element);
  const OrtMapTypeInfo* map = nullptr;
  const Status map_cast(ort().CastTypeInfoToMapTypeInfo(element, &map));
  if (map_cast || map == nullptr) return false;
  ONNXTensorElementDataType key = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  const Status key_status(ort().GetMapKeyType(map, &key));
  return key == ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64 || key == ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING;
}

Result<Port> read_port(std::string name, const OrtTypeInfo* info, bool output) {
  Port out;
  out.name = std::move(name);
  const std::string_view role = output ? "output" : "input";
  ONNXType type = ONNX_TYPE_UNKNOWN;
  WEFT_CHECK(done(ort().GetOnnxTypeFromTypeInfo(info, &type)));
  if (output && type == ONNX_TYPE_SEQUENCE && is_list_of_maps(info)) {
    out.maps = true;
    out.shape = {-1, -1};
    return out;
  }
  if (type != ONNX_TYPE_TENSOR) {
    return bad(std::format("the {} `{}` is {}; weft gives models tensors and takes tensors", role,
                           out.name, kind_of(type)));
  }
  const OrtTensorTypeAndShapeInfo* shape = nullptr;
  WEFT_CHECK(done(ort().CastTypeInfoToTensorInfo(info, &shape)));
  ONNXTensorElementDataType element = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  WEFT_CHECK(done(ort().GetTensorElementType(shape, &element)));
  const auto known = ours(element);
  if (!known) {
    return bad(
        std::format("the {} `{}` has elements of ONNX's type {}, which the Open Inference "
                    "Protocol has no name for",
                    role, out.name, static_cast<int>(element)));
  }
  out.type = *known;
  WEFT_CHECK(read_shape(shape, out.shape));
  return out;
}

template <class Get>
Result<std::string> name_of(Get get, OrtAllocator* allocator) {
  char* text = nullptr;
  WEFT_CHECK(done(get(&text)));
  std::string out = text;
  WEFT_CHECK(done(ort().AllocatorFree(allocator, text)));
  return out;
}

}  // namespace

struct Session::State {
  SessionHandle session;
  MemoryInfo memory;
  OrtAllocator* allocator = nullptr;
  std::vector<Port> inputs;
  std::vector<Port> outputs;
  std::vector<std::string> classes;

  // Of a run, used again by the next.
  std::vector<const char*> input_names;
  std::vector<const char*> output_names;
  std::vector<Value> given;
  std::vector<Value> taken;
  std::vector<const OrtValue*> given_handles;
  std::vector<OrtValue*> taken_handles;
  /// Shapes and bytes of the outputs that are not as ONNX Runtime has them.
  std::vector<std::vector<std::int64_t>> shapes;
  std::vector<std::string> texts;
  std::vector<TensorView> views;

  Result<void> read_ports();
  Result<Value> value_of(const TensorView& tensor) const;
  Result<Value> texts_of(const TensorView& tensor) const;
  Result<void> view_of(const OrtValue* value, std::size_t at);
  Result<void> view_of_texts(const OrtValue* value, std::size_t at);
  Result<void> view_of_maps(const OrtValue* value, std::size_t at);
  Result<std::vector<std::string>> keys_of(const OrtValue* keys) const;
  Result<std::vector<std::string>> strings_of(const OrtValue* value, std::size_t count) const;
};

Result<void> Session::State::read_ports() {
  std::size_t count = 0;
  WEFT_CHECK(done(ort().SessionGetInputCount(session.get(), &count)));
  for (std::size_t i = 0; i < count; ++i) {
    WEFT_TRY(
        std::string name,
        name_of(
            [&](char** out) { return ort().SessionGetInputName(session.get(), i, allocator, out); },
            allocator));
    OrtTypeInfo* info = nullptr;
    WEFT_CHECK(done(ort().SessionGetInputTypeInfo(session.get(), i, &info)));
    const TypeInfo owned(info);
    WEFT_TRY(Port port, read_port(std::move(name), info, /*output=*/false));
    inputs.push_back(std::move(port));
  }
  WEFT_CHECK(done(ort().SessionGetOutputCount(session.get(), &count)));
  for (std::size_t i = 0; i < count; ++i) {
    WEFT_TRY(std::string name, name_of(
                                   [&](char** out) {
                                     return ort().SessionGetOutputName(session.get(), i, allocator,
                                                                       out);
                                   },
                                   allocator));
    OrtTypeInfo* info = nullptr;
    WEFT_CHECK(done(ort().SessionGetOutputTypeInfo(session.get(), i, &info)));
    const TypeInfo owned(info);
    WEFT_TRY(Port port, read_port(std::move(name), info, /*output=*/true));
    outputs.push_back(std::move(port));
  }
  for (const Port& port : inputs) input_names.push_back(port.name.c_str());
  return {};
}

Result<Value> Session::State::texts_of(const TensorView& tensor) const {
  OrtValue* made = nullptr;
  WEFT_CHECK(done(ort().CreateTensorAsOrtValue(allocator, tensor.shape.data(), tensor.shape.size(),
                                               ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING, &made)));
  Value out(made);
  std::string_view rest = tensor.bytes;
  for (std::size_t i = 0; rest.size() >= 4; ++i) {
    std::uint32_t size = 0;
    std::memcpy(&size, rest.data(), 4);
    rest.remove_prefix(4);
    const std::string_view text = rest.substr(0, size);
    rest.remove_prefix(text.size());
    char* place = nullptr;
    WEFT_CHECK(done(ort().GetResizedStringTensorElementBuffer(made, i, text.size(), &place)));
    if (!text.empty()) std::memcpy(place, text.data(), text.size());
  }
  return out;
}

Result<Value> Session::State::value_of(const TensorView& tensor) const {
  if (tensor.type == TensorType::bytes) return texts_of(tensor);
  OrtValue* made = nullptr;
  // It is read only; an empty one has no place of its own.
  static char nothing = 0;
  void* data = tensor.bytes.empty() ? &nothing : const_cast<char*>(tensor.bytes.data());
  WEFT_CHECK(done(ort().CreateTensorWithDataAsOrtValue(memory.get(), data, tensor.bytes.size(),
                                                       tensor.shape.data(), tensor.shape.size(),
                                                       theirs(tensor.type), &made)));
  return Value(made);
}

Result<std::vector<std::string>> Session::State::strings_of(const OrtValue* value,
                                                            std::size_t count) const {
  std::vector<std::string> out(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t size = 0;
    WEFT_CHECK(done(ort().GetStringTensorElementLength(value, i, &size)));
    out[i].resize(size);
    WEFT_CHECK(done(ort().GetStringTensorElement(value, size, i, out[i].data())));
  }
  return out;
}

Result<void> Session::State::view_of_texts(const OrtValue* value, std::size_t at) {
  const auto count = wire::elements_of(shapes[at]).value_or(0);
  WEFT_TRY(const auto strings, strings_of(value, static_cast<std::size_t>(count)));
  std::string& out = texts[at];
  out.clear();
  for (const std::string& each : strings) {
    const auto size = static_cast<std::uint32_t>(each.size());
    out.append(reinterpret_cast<const char*>(&size), sizeof(size));
    out += each;
  }
  views[at] = {.type = TensorType::bytes, .shape = shapes[at], .bytes = out};
  return {};
}

Result<std::vector<std::string>> Session::State::keys_of(const OrtValue* keys) const {
  OrtTensorTypeAndShapeInfo* made = nullptr;
  WEFT_CHECK(done(ort().GetTensorTypeAndShape(keys, &made)));
  const ShapeInfo info(made);
  std::size_t count = 0;
  WEFT_CHECK(done(ort().GetTensorShapeElementCount(made, &count)));
  ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  WEFT_CHECK(done(ort().GetTensorElementType(made, &type)));
  if (type == ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING) return strings_of(keys, count);
  void* data = nullptr;
  WEFT_CHECK(done(ort().GetTensorMutableData(const_cast<OrtValue*>(keys), &data)));
  std::vector<std::string> out;
  for (const std::int64_t key : std::span(static_cast<const std::int64_t*>(data), count))
    out.push_back(std::format("{}", key));
  return out;
}

Result<void> Session::State::view_of_maps(const OrtValue* value, std::size_t at) {
  std::size_t rows = 0;
  WEFT_CHECK(done(ort().GetValueCount(value, &rows)));
  std::string& out = texts[at];
  out.clear();
  for (std::size_t row = 0; row < rows; ++row) {
    std::array<OrtValue*, 3> made{};
    WEFT_CHECK(done(ort().GetValue(value, static_cast<int>(row), allocator, &made[0])));
    const Value map(made[0]);
    WEFT_CHECK(done(ort().GetValue(map.get(), 0, allocator, &made[1])));
    const Value keys(made[1]);
    WEFT_CHECK(done(ort().GetValue(map.get(), 1, allocator, &made[2])));
    const Value scores(made[2]);
    if (row == 0) {
      WEFT_TRY(classes, keys_of(keys.get()));
    }
    OrtTensorTypeAndShapeInfo* info = nullptr;
    WEFT_CHECK(done(ort().GetTensorTypeAndShape(scores.get(), &info)));
    const ShapeInfo owned(info);
    std::size_t count = 0;
    WEFT_CHECK(done(ort().GetTensorShapeElementCount(info, &count)));
    ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
    WEFT_CHECK(done(ort().GetTensorElementType(info, &type)));
    if (type != ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT || count != classes.size())
      return bad("the model gives maps that are not alike");
    void* data = nullptr;
    WEFT_CHECK(done(ort().GetTensorMutableData(scores.get(), &data)));
    out.append(static_cast<const char*>(data), count * sizeof(float));
  }
  shapes[at] = {static_cast<std::int64_t>(rows),
                rows == 0 ? 0 : static_cast<std::int64_t>(classes.size())};
  views[at] = {.type = TensorType::fp32, .shape = shapes[at], .bytes = out};
  return {};
}

Result<void> Session::State::view_of(const OrtValue* value, std::size_t at) {
  int is_tensor = 0;
  WEFT_CHECK(done(ort().IsTensor(value, &is_tensor)));
  if (is_tensor == 0) return view_of_maps(value, at);
  OrtTensorTypeAndShapeInfo* made = nullptr;
  WEFT_CHECK(done(ort().GetTensorTypeAndShape(value, &made)));
  const ShapeInfo info(made);
  ONNXTensorElementDataType element = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  WEFT_CHECK(done(ort().GetTensorElementType(made, &element)));
  const auto type = ours(element);
  if (!type) return bad("the model gives a tensor of a type that it did not announce");
  WEFT_CHECK(read_shape(made, shapes[at]));
  if (*type == TensorType::bytes) return view_of_texts(value, at);
  const auto count = wire::elements_of(shapes[at]);
  if (!count) return bad("the model gives a tensor whose shape cannot be");
  void* data = nullptr;
  WEFT_CHECK(done(ort().GetTensorMutableData(const_cast<OrtValue*>(value), &data)));
  views[at] = {.type = *type,
               .shape = shapes[at],
               .bytes = {static_cast<const char*>(data),
                         static_cast<std::size_t>(*count) * wire::element_bytes(*type)}};
  return {};
}

Session::Session(std::unique_ptr<State> state) : state_(std::move(state)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

const std::vector<Port>& Session::inputs() const { return state_->inputs; }
const std::vector<Port>& Session::outputs() const { return state_->outputs; }
const std::vector<std::string>& Session::classes() const { return state_->classes; }

Result<Session> Session::load(const std::filesystem::path& file, int threads) {
  auto state = std::make_unique<State>();
  WEFT_TRY(OrtEnv* const env, environment());
  WEFT_TRY(const Options options, options_for(threads));
  OrtSession* session = nullptr;
  WEFT_CHECK(done(ort().CreateSession(env, file.c_str(), options.get(), &session)));
  state->session.reset(session);
  OrtMemoryInfo* memory = nullptr;
  WEFT_CHECK(done(ort().CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &memory)));
  state->memory.reset(memory);
  WEFT_CHECK(done(ort().GetAllocatorWithDefaultOptions(&state->allocator)));
  WEFT_CHECK(state->read_ports());
  return Session(std::move(state));
}

Result<std::span<const TensorView>> Session::run(std::span<const TensorView> inputs,
                                                 std::span<const std::size_t> outputs) {
  State& state = *state_;
  WEFT_ASSERT(inputs.size() == state.inputs.size());
  state.given.clear();
  state.given_handles.clear();
  for (const TensorView& tensor : inputs) {
    WEFT_TRY(Value value, state.value_of(tensor));
    state.given_handles.push_back(value.get());
    state.given.push_back(std::move(value));
  }
  state.output_names.clear();
  for (const std::size_t each : outputs)
    state.output_names.push_back(state.outputs[each].name.c_str());
  state.taken.clear();
  state.taken_handles.assign(outputs.size(), nullptr);
  auto ran = done(ort().Run(state.session.get(), nullptr, state.input_names.data(),
                            state.given_handles.data(), inputs.size(), state.output_names.data(),
                            outputs.size(), state.taken_handles.data()));
  for (OrtValue* each : state.taken_handles) state.taken.emplace_back(each);
  WEFT_CHECK(std::move(ran));
  state.shapes.resize(outputs.size());
  state.texts.resize(outputs.size());
  state.views.assign(outputs.size(), {});
  for (std::size_t i = 0; i < outputs.size(); ++i)
    WEFT_CHECK(state.view_of(state.taken_handles[i], i));
  return state.views;
}

}  // namespace weft::ml::onnx
