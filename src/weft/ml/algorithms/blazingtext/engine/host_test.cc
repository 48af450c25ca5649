#include "weft/ml/algorithms/blazingtext/engine/host.h"

#include <gtest/gtest.h>

#include <cstring>
#include <sstream>

#include "weft/base/json.h"
#include "weft/ml/algorithms/blazingtext/engine/testing.h"
#include "weft/wire/oip.h"
#include "weft/wire/tensor_json.h"

namespace weft::ml::blazingtext {
namespace {

using worker::Reply;
using worker::Request;

/// A model of the folder golden/ (make_models.sh).
struct Model {
  store::testing::TemporaryDirectory folder;
  std::unique_ptr<worker::ModelHost> host;

  explicit Model(std::string_view file) {
    std::filesystem::copy_file(golden() / file, folder.path() / file);
    load();
  }
  void load() {
    auto loaded = load_host(folder.path());
    EXPECT_TRUE(loaded.has_value()) << loaded.error().message;
    if (loaded) host = *std::move(loaded);
  }
  Reply ask(Request request) const {
    std::vector<Reply> out(1);
    host->answer({&request, 1}, out);
    return out[0];
  }
  Reply json(std::string_view body) const {
    return ask({.type = "application/json", .body = body});
  }
};

/// `[{"label":…,"prob":…}]` as the program prints it: `LABEL PROBABILITY LABEL PROBABILITY`.
std::string as_printed(std::string_view body) {
  const auto parsed = json::parse(body);
  EXPECT_TRUE(parsed.has_value()) << body;
  std::string out;
  for (const json::value& each : parsed->get_array()) {
    const json::array& labels = each.at("label").get_array();
    for (std::size_t i = 0; i < labels.size(); ++i) {
      std::ostringstream number;
      number << static_cast<float>(each.at("prob").get_array()[i].to_number<double>());
      out += std::format("{}{} {}", i == 0 ? "" : " ", std::string_view(labels[i].get_string()),
                         number.str());
    }
    out += '\n';
  }
  return out;
}

constexpr std::string_view kTexts = "word7 thing3 of1\nof0\n\nnothing known\nof2 of2 word299";
constexpr std::string_view kInstances =
    R"({"instances":["word7 thing3 of1","of0","","nothing known","of2 of2 word299"],
        "configuration":{"k":2}})";

TEST(BlazingtextHost, SaysWhatTheFasttextProgramSays) {
  for (const char* name : {"plain.bin", "grams.bin", "pruned.ftz", "ranked.bin"}) {
    const Model model(name);
    const auto file = model.folder.path() / "texts";
    std::ofstream(file) << kTexts << '\n';
    const auto said = program({"predict-prob", golden() / name, file, "2"});
    if (!said) FAIL() << "the program fasttext does not run";
    const Reply reply = model.json(kInstances);
    EXPECT_EQ(reply.type, "application/json");
    EXPECT_EQ(as_printed(reply.body), *said) << name;
  }
}

TEST(BlazingtextHost, MoreModelsThatTheProgramMakes) {
  Model model("plain.bin");
  // The program quantises no matrix of less than 256 rows, so there are as many labels.
  const auto input = model.folder.path() / "input";
  std::string many;
  for (int i = 0; i < 900; ++i)
    many += std::format("__label__{} word{} thing{} of0 of2\n", i % 300, i % 300, i % 7);
  std::ofstream(input) << many;
  const std::string theirs = model.folder.path() / "theirs";
  const auto file = model.folder.path() / "texts";
  std::ofstream(file) << kTexts << '\n';
  const auto check = [&](const std::string& made) {
    const auto said = program({"predict-prob", made, file, "2"});
    ASSERT_TRUE(said.has_value()) << made;
    std::filesystem::rename(made, model.folder.path() / "model.bin");
    model.load();
    EXPECT_EQ(as_printed(model.json(kInstances).body), *said) << made;
  };
  const auto supervised = [&](std::vector<std::string> more) {
    std::vector<std::string> words = {"supervised", "-input", input,     "-output", theirs,
                                      "-dim",       "10",     "-thread", "1"};
    words.insert(words.end(), more.begin(), more.end());
    return program(words).has_value();
  };
  if (!supervised({"-wordNgrams", "2", "-bucket", "1000"}))
    FAIL() << "the program fasttext does not run";
  ASSERT_TRUE(
      program({"quantize", "-input", input, "-output", theirs, "-qout", "-qnorm", "-dsub", "3"})
          .has_value());
  check(theirs + ".ftz");
  check(theirs + ".bin");
  for (const char* loss : {"ova", "ns"}) {
    ASSERT_TRUE(supervised({"-loss", loss}));
    check(theirs + ".bin");
  }
}

TEST(BlazingtextHost, Forms) {
  const Model model("plain.bin");
  const std::string one = model.json(R"({"instances":["of0"]})").body;
  EXPECT_TRUE(one.starts_with(R"([{"label":["__label__0"],"prob":[)")) << one;
  const std::string alone = one.substr(1, one.size() - 2);
  EXPECT_EQ(model.ask({.type = "text/plain; charset=utf-8", .body = "of0\r\nof0"}).body,
            std::format("[{},{}]", alone, alone));
  const Reply lines = model.ask({.type = "application/jsonlines",
                                 .body = "{\"source\":\"of0\"}\n\n{\"source\":\"of0\",\"k\":1}\n"});
  EXPECT_EQ(lines.type, "application/jsonlines");
  EXPECT_EQ(lines.body, alone + "\n" + alone + "\n");
  EXPECT_EQ(
      model.ask({.type = "text/plain", .accept = "application/jsonlines", .body = "of0"}).body,
      alone + "\n");
  EXPECT_EQ(model.json(R"({"instances":[]})").body, "[]");
  const auto all =
      json::parse(model.json(R"({"instances":["of0"],"configuration":{"k":99}})").body);
  EXPECT_EQ(all->at(0).at("label").get_array().size(), 3U);
  EXPECT_EQ(model
                .ask({.type = "application/json",
                      .accept = "text/csv",
                      .body = R"({"instances":["of0"]})"})
                .status,
            406);
  EXPECT_EQ(model.ask({.type = "text/csv", .body = "of0"}).status, 415);
  EXPECT_EQ(model.json("{").status, 415);
  EXPECT_EQ(model.json(R"({"instances":[1]})").body, "instance 1 is no text");
  EXPECT_EQ(model.json(R"({"instances":["a"],"configuration":{"k":0}})").body,
            "`k` is how many labels are wanted, 1 or more; not 0");
  EXPECT_EQ(model.ask({.type = "application/jsonlines", .body = "{\"text\":1}"}).body,
            "line 1: it has no `source`: {\"source\": \"a text\"}");
}

TEST(BlazingtextHost, Tensors) {
  const Model model("plain.bin");
  const Reply reply =
      model.ask({.tensors = true,
                 .body = R"({"id":"7","parameters":{"k":2},"inputs":[{"name":"text","shape":[2],
                   "datatype":"BYTES","data":["of0 of0","nothing known"]}]})"});
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto response = wire::read_oip_response(reply.body, std::nullopt);
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->id, "7");
  ASSERT_EQ(response->outputs.size(), 2U);
  EXPECT_EQ(response->outputs[0].name, "label");
  EXPECT_EQ(response->outputs[0].shape, (std::vector<std::int64_t>{2, 2}));
  EXPECT_EQ(wire::texts_of(response->outputs[0])[0], "__label__0");
  EXPECT_EQ(response->outputs[1].name, "prob");
  const Reply only = model.ask(
      {.tensors = true,
       .body = R"({"inputs":[{"name":"text","shape":[1,1],"datatype":"BYTES","data":["of0"]}],
                   "outputs":[{"name":"label"}]})"});
  EXPECT_EQ(
      only.body,
      R"({"outputs":[{"name":"label","datatype":"BYTES","shape":[1,1],"data":["__label__0"]}]})");
  const auto why = [&](std::string_view body) {
    const Reply refused = model.ask({.tensors = true, .body = body});
    EXPECT_EQ(refused.status, 400);
    return refused.body;
  };
  EXPECT_EQ(why(R"({"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]})"),
            "tensor `x`: this model takes texts, BYTES [-1] or [-1, 1]");
  EXPECT_EQ(why(R"({"inputs":[{"name":"x","shape":[1],"datatype":"BYTES","data":["a"]}],
                    "outputs":[{"name":"vector"}]})"),
            "output `vector`: the model has no such output");
}

TEST(BlazingtextHost, Vectors) {
  const Model words("words.bin");
  const auto of = [](const Model& model, std::string_view word) {
    const auto said = json::parse(model.json(std::format(R"({{"instances":["{}"]}})", word)).body);
    EXPECT_EQ(said->at(0).at("word").get_string(), word);
    std::vector<float> out;
    for (const json::value& each : said->at(0).at("vector").get_array())
      out.push_back(static_cast<float>(each.to_number<double>()));
    return out;
  };
  EXPECT_EQ(of(words, "word7").size(), 4U);
  EXPECT_NE(of(words, "unheard"), std::vector<float>(4, 0)) << "its parts are known";
  EXPECT_EQ(of(words, "</s>").size(), 4U);
  EXPECT_EQ(words.host->about(),
            R"({"engine":"blazingtext","inputs":[{"name":"text","datatype":"BYTES","shape":[-1]}],)"
            R"("outputs":[{"name":"vector","datatype":"FP32","shape":[-1,4]}],"words":311})");
  const Reply tensor = words.ask(
      {.tensors = true,
       .body = R"({"inputs":[{"name":"text","shape":[1],"datatype":"BYTES","data":["word7"]}]})"});
  const auto response = wire::read_oip_response(tensor.body, std::nullopt);
  ASSERT_TRUE(response.has_value()) << tensor.body;
  EXPECT_EQ(response->outputs.at(0).shape, (std::vector<std::int64_t>{1, 4}));
  std::vector<float> same(4);
  std::memcpy(same.data(), response->outputs[0].bytes.data(), 16);
  EXPECT_EQ(same, of(words, "word7"));
}

TEST(BlazingtextHost, WhichFileIsMeant) {
  store::testing::TemporaryDirectory folder;
  const auto why = [&] {
    const auto loaded = load_host(folder.path());
    return loaded ? std::string() : loaded.error().message;
  };
  EXPECT_TRUE(why().starts_with("the archive holds no model: it is called `model.bin`"));
  std::ofstream(folder.path() / "a.txt") << "x";
  EXPECT_TRUE(why().starts_with("the archive holds no model: it is called `model.bin`"));
  std::ofstream(folder.path() / "a.bin") << "x";
  EXPECT_EQ(why(),
            "a.bin: this is no model of fastText (a .bin or .ftz file, as its program saves it)");
  std::ofstream(folder.path() / "b.ftz") << "x";
  EXPECT_EQ(why(), "the archive holds 2 models: call the one that is meant `model.bin`");
}

}  // namespace
}  // namespace weft::ml::blazingtext
