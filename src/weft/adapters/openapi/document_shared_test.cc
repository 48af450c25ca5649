// Documents that others wrote: all that is valid is read, every skill's schema compiles, every
// document is done quickly; and the documents that weft writes are what the specification's own
// schema says they should be.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>

#include "weft/adapters/common/golden.h"
#include "weft/adapters/openapi/document.h"
#include "weft/adapters/openapi/operation.h"
#include "weft/adapters/openapi/rest_document.h"
#include "weft/adapters/openapi/yaml.h"
#include "weft/base/schema.h"

namespace weft::adapters::openapi {
namespace {

const std::filesystem::path kSpecs = std::string(WEFT_SOURCE) + "/../shared/specs";

std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  if (!std::filesystem::exists(folder)) return files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

#define WEFT_NEEDS_SHARED_DATA()                    \
  if (!std::filesystem::exists(kSpecs / "openapi")) \
  GTEST_SKIP() << "no shared data beside the checkout"

Result<Catalog> read_all(const std::filesystem::path& file) {
  WEFT_TRY(const Document document, read_document(read_text_file(file)));
  return read_catalog(document, parse_url("http://service.example/").value());
}

void check_schemas(const std::filesystem::path& file, const Catalog& catalog) {
  for (const auto& skill : catalog.solution.skills) {
    const auto input = Schema::create(*skill.input_schema);
    EXPECT_TRUE(input) << file << ' ' << skill.id.str() << ": " << input.error().message;
    if (!skill.output_schema) continue;
    const auto output = Schema::create(*skill.output_schema);
    EXPECT_TRUE(output) << file << ' ' << skill.id.str() << ": " << output.error().message;
  }
}

TEST(SharedDocuments, ExamplesAreRead) {
  WEFT_NEEDS_SHARED_DATA();
  std::vector<std::filesystem::path> files;
  for (const auto* folder : {"openapi/readme-oas-examples/3.0", "openapi/readme-oas-examples/3.1",
                             "openapi/v3.1-tests/pass"}) {
    for (auto& file : files_in(kSpecs / folder)) files.push_back(std::move(file));
  }
  for (const auto* name : {"uspto", "petstore", "callback-example", "petstore-expanded",
                           "api-with-examples", "link-example"}) {
    files.push_back(kSpecs / "openapi/v3.0" / (std::string(name) + ".yaml"));
  }
  files.push_back(kSpecs / "openapi/petstore-v3.openapi.yaml");
  std::size_t operations = 0;
  for (const auto& file : files) {
    const auto catalog = read_all(file);
    ASSERT_TRUE(catalog) << file << ": " << catalog.error().message;
    operations += catalog->operations.size();
    check_schemas(file, *catalog);
  }
  EXPECT_GT(operations, 300U);
}

TEST(SharedDocuments, OldOnesAreRefusedByName) {
  WEFT_NEEDS_SHARED_DATA();
  for (const auto& file : files_in(kSpecs / "openapi/readme-oas-examples/2.0")) {
    const auto catalog = read_all(file);
    ASSERT_FALSE(catalog) << file;
    EXPECT_EQ(catalog.error().reason, Reason::unsupported);
  }
}

TEST(SharedDocuments, BrokenOnesDoNoHarm) {
  WEFT_NEEDS_SHARED_DATA();
  for (const auto& file : files_in(kSpecs / "openapi/v3.1-tests/fail")) {
    const auto catalog = read_all(file);
    if (catalog) check_schemas(file, *catalog);
  }
}

TEST(SharedDocuments, ALargeOneIsReadInTime) {
  WEFT_NEEDS_SHARED_DATA();
  const auto began = std::chrono::steady_clock::now();
  const auto catalog = read_all(kSpecs / "openai/openapi.json");
  ASSERT_TRUE(catalog) << catalog.error().message;
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(20));
  EXPECT_GT(catalog->operations.size(), 150U);
  for (const auto& skill : catalog->solution.skills) {
    EXPECT_LT(json::write(*skill.input_schema).size(), 256U * 1024) << skill.id.str();
  }
}

TEST(SharedDocuments, WhatWeftWritesFitsTheSpecification) {
  WEFT_NEEDS_SHARED_DATA();
  const auto text = parse_yaml(read_text_file(kSpecs / "openapi/v3.1-dev/schema.yaml"));
  ASSERT_TRUE(text) << text.error().message;
  const auto schema = Schema::create(*text);
  ASSERT_TRUE(schema) << schema.error().message;
  for (const auto* name :
       {"readme-oas-examples/3.1/train-travel.json", "readme-oas-examples/3.0/circular.json",
        "readme-oas-examples/3.0/parameters-style.json"}) {
    auto catalog = read_all(kSpecs / "openapi" / name);
    ASSERT_TRUE(catalog);
    catalog->solution.id = SolutionId("sol");
    const auto document = solution_document(catalog->solution, "http://127.0.0.1:8420");
    const auto fault = schema->check(document);
    EXPECT_FALSE(fault) << name << ": " << (fault ? fault->path + ": " + fault->message : "");
    // What weft writes it can read, and finds its skills again.
    const auto again = read_document(json::write(document));
    ASSERT_TRUE(again);
    const auto back = read_catalog(*again, std::nullopt);
    ASSERT_TRUE(back) << back.error().message;
    for (const auto& skill : catalog->solution.skills)
      EXPECT_TRUE(back->operations.contains(skill.id.str()));
    check_schemas(name, *back);
  }
}

}  // namespace
}  // namespace weft::adapters::openapi
