#include "weft/ml/algorithms/xgboost/engine/model_check.h"

#include <jsoncons/json_cursor.hpp>
#include <jsoncons_ext/ubjson/ubjson_cursor.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <format>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace weft::ml::xgboost {
namespace {

using Kind = jsoncons::staj_event_type;

constexpr int kDepthMax = 64;
/// libxgboost counts nodes and features in 32 bits.
constexpr std::int64_t kCountMax = std::numeric_limits<std::int32_t>::max();

std::unexpected<Error> wrong(std::string message) {
  return fail(Reason::invalid_argument, std::format("the model is damaged: {}", message));
}

/// Reads a document value by value, whichever of the two it is written in.
class Reader {
 public:
  explicit Reader(jsoncons::basic_staj_cursor<char>& cursor) : cursor_(cursor) {}

  Result<void> step() {
    // The last event of all may be there already when the document has been read to its end.
    if (cursor_.done()) return wrong("it ends too soon");
    std::error_code error;
    cursor_.next(error);
    if (error) return wrong(error.message());
    return {};
  }
  Kind kind() const { return cursor_.current().event_type(); }

  /// Calls `member` at each value, which has to be read over by it.
  template <class Member>
  Result<void> object(Member member) {
    if (kind() != Kind::begin_object) return wrong("a value stands where an object should");
    ++depth_;
    WEFT_CHECK(step());
    while (kind() == Kind::key) {
      const std::string key = cursor_.current().template get<std::string>();
      WEFT_CHECK(step());
      WEFT_CHECK(member(key));
    }
    return end(Kind::end_object);
  }

  template <class Element>
  Result<void> array(Element element) {
    if (kind() != Kind::begin_array) return wrong("a value stands where an array should");
    ++depth_;
    WEFT_CHECK(step());
    while (kind() != Kind::end_array) WEFT_CHECK(element());
    return end(Kind::end_array);
  }

  /// A whole number, or one written in a string, as libxgboost writes its parameters.
  Result<std::int64_t> number() {
    std::optional<std::int64_t> out;
    const auto& event = cursor_.current();
    if (kind() == Kind::int64_value || kind() == Kind::uint64_value) {
      const auto value = event.template get<std::int64_t>();
      out = value;
    } else if (kind() == Kind::double_value || kind() == Kind::half_value) {
      const double value = event.template get<double>();
      if (value >= -9e15 && value <= 9e15) out = static_cast<std::int64_t>(value);
    } else if (kind() == Kind::bool_value) {
      out = event.template get<bool>() ? 1 : 0;
    } else if (kind() == Kind::string_value) {
      const std::string text = event.template get<std::string>();
      std::int64_t value = 0;
      const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
      if (read.ec == std::errc() && !text.empty()) out = value;
    }
    if (!out) return wrong("something else stands where a number should");
    WEFT_CHECK(step());
    return *out;
  }

  Result<std::string> text() {
    if (kind() != Kind::string_value) return wrong("something else stands where a word should");
    std::string out = cursor_.current().template get<std::string>();
    WEFT_CHECK(step());
    return out;
  }

  Result<void> numbers(std::vector<std::int64_t>& out) {
    return array([&]() -> Result<void> {
      WEFT_TRY(const std::int64_t value, number());
      out.push_back(value);
      return {};
    });
  }

  /// How many elements an array has.
  Result<std::size_t> count() {
    std::size_t out = 0;
    WEFT_CHECK(array([&]() -> Result<void> {
      ++out;
      return skip();
    }));
    return out;
  }

  Result<void> skip() {
    int depth = 0;
    do {
      // Not by jsoncons' own is_begin_container(): to 1.3.2 the end of an array begins one too.
      if (kind() == Kind::begin_object || kind() == Kind::begin_array) ++depth;
      if (kind() == Kind::end_object || kind() == Kind::end_array) --depth;
      if (depth > kDepthMax) return wrong("it is nested too deep");
      WEFT_CHECK(step());
    } while (depth > 0);
    return {};
  }

 private:
  Result<void> end(Kind kind_wanted) {
    if (kind() != kind_wanted) return wrong("it ends too soon");
    return --depth_ == 0 ? Result<void>() : step();
  }

  jsoncons::basic_staj_cursor<char>& cursor_;
  int depth_ = 0;  ///< behind the end of the outermost there is nothing
};

struct Tree {
  std::vector<std::int64_t> left;
  std::vector<std::int64_t> right;
  std::vector<std::int64_t> parents;
  std::vector<std::int64_t> features;
  std::vector<std::int64_t> split_types;
  std::vector<std::int64_t> category_nodes;
  std::vector<std::int64_t> category_segments;
  std::vector<std::int64_t> category_sizes;
  std::size_t categories = 0;
  /// Lengths of the arrays whose values can be any.
  std::vector<std::pair<std::string, std::size_t>> lengths;
  std::int64_t nodes = -1;
  std::int64_t leaf_width = 1;
  std::int64_t number_of_features = -1;
};

Result<Tree> read_tree(Reader& reader) {
  Tree out;
  WEFT_CHECK(reader.object([&](const std::string& key) -> Result<void> {
    if (key == "left_children") return reader.numbers(out.left);
    if (key == "right_children") return reader.numbers(out.right);
    if (key == "parents") return reader.numbers(out.parents);
    if (key == "split_indices") return reader.numbers(out.features);
    if (key == "split_type") return reader.numbers(out.split_types);
    if (key == "categories_nodes") return reader.numbers(out.category_nodes);
    if (key == "categories_segments") return reader.numbers(out.category_segments);
    if (key == "categories_sizes") return reader.numbers(out.category_sizes);
    if (key == "categories" || key == "base_weights" || key == "default_left" ||
        key == "loss_changes" || key == "split_conditions" || key == "sum_hessian") {
      WEFT_TRY(const std::size_t size, reader.count());
      if (key == "categories") {
        out.categories = size;
      } else {
        out.lengths.emplace_back(key, size);
      }
      return {};
    }
    if (key != "tree_param") return reader.skip();
    return reader.object([&](const std::string& parameter) -> Result<void> {
      if (parameter != "num_nodes" && parameter != "size_leaf_vector" && parameter != "num_feature")
        return reader.skip();
      WEFT_TRY(const std::int64_t value, reader.number());
      if (parameter == "num_nodes") out.nodes = value;
      if (parameter == "size_leaf_vector") out.leaf_width = std::max<std::int64_t>(value, 1);
      if (parameter == "num_feature") out.number_of_features = value;
      return {};
    });
  }));
  return out;
}

class TreeCheck {
 public:
  TreeCheck(const Tree& tree, std::size_t number) : tree_(tree), number_(number) {}

  Result<void> check(std::int64_t features) const {
    WEFT_CHECK(check_lengths());
    WEFT_CHECK(check_nodes(features));
    WEFT_CHECK(check_reached());
    return check_categories();
  }

 private:
  std::unexpected<Error> bad(std::string_view what) const {
    return wrong(std::format("tree {}: {}", number_, what));
  }

  Result<void> check_lengths() const {
    if (tree_.nodes < 1 || tree_.nodes > kCountMax) return bad("num_nodes cannot be");
    const auto nodes = static_cast<std::size_t>(tree_.nodes);
    for (const auto& [name, array] : {std::pair{"left_children", &tree_.left},
                                      {"right_children", &tree_.right},
                                      {"parents", &tree_.parents},
                                      {"split_indices", &tree_.features}}) {
      if (array->size() != nodes)
        return bad(std::format("{} has {} elements for {} nodes", name, array->size(), nodes));
    }
    if (!tree_.split_types.empty() && tree_.split_types.size() != nodes)
      return bad("split_type has another length than there are nodes");
    for (const auto& [name, size] : tree_.lengths) {
      const std::size_t wide =
          nodes * static_cast<std::size_t>(std::min(tree_.leaf_width, kCountMax));
      if (size != nodes && !(name == "base_weights" && size == wide))
        return bad(std::format("{} has {} elements for {} nodes", name, size, nodes));
    }
    return {};
  }

  Result<void> check_nodes(std::int64_t features) const {
    for (std::size_t node = 0; node < tree_.left.size(); ++node) {
      const std::int64_t left = tree_.left[node];
      const std::int64_t right = tree_.right[node];
      if (left == -1 && right == -1) continue;
      const auto inside = [&](std::int64_t child) { return child > 0 && child < tree_.nodes; };
      // libxgboost takes the right child to stand behind the left one.
      if (!inside(left) || !inside(right) || right != left + 1)
        return bad(std::format("node {} has children {} and {}", node, left, right));
      const std::int64_t feature = tree_.features[node];
      if (feature < 0 || feature >= features) {
        return bad(std::format("node {} asks for feature {} of {}", node, feature, features));
      }
    }
    return {};
  }

  /// From the root each node once: no circle, none with two parents. Nodes that were pruned away
  /// are reached by none.
  Result<void> check_reached() const {
    std::vector<bool> reached(tree_.left.size());
    std::vector<std::size_t> waiting{0};
    reached[0] = true;
    while (!waiting.empty()) {
      const std::size_t node = waiting.back();
      waiting.pop_back();
      if (tree_.left[node] == -1) continue;
      for (const std::int64_t child : {tree_.left[node], tree_.right[node]}) {
        const auto at = static_cast<std::size_t>(child);
        if (reached[at]) return bad(std::format("node {} is reached twice", child));
        if (tree_.parents[at] != static_cast<std::int64_t>(node))
          return bad(std::format("node {} has parent {} and is a child of {}", child,
                                 tree_.parents[at], node));
        reached[at] = true;
        waiting.push_back(at);
      }
    }
    return {};
  }

  Result<void> check_categories() const {
    const std::size_t count = tree_.category_nodes.size();
    if (tree_.category_segments.size() != count || tree_.category_sizes.size() != count)
      return bad("its categories have different lengths");
    for (std::size_t i = 0; i < count; ++i) {
      const std::int64_t node = tree_.category_nodes[i];
      const std::int64_t begin = tree_.category_segments[i];
      const std::int64_t size = tree_.category_sizes[i];
      const auto all = static_cast<std::int64_t>(tree_.categories);
      if (node < 0 || node >= tree_.nodes || (i > 0 && node <= tree_.category_nodes[i - 1]))
        return bad("its categories belong to no node");
      if (begin < 0 || size < 0 || begin > all || size > all - begin)
        return bad(std::format("the categories of node {} are outside of their array", node));
    }
    for (std::size_t node = 0; node < tree_.split_types.size(); ++node) {
      const std::int64_t type = tree_.split_types[node];
      if (type == 0) continue;
      const bool listed =
          std::ranges::binary_search(tree_.category_nodes, static_cast<std::int64_t>(node));
      if (type != 1 || (tree_.left[node] != -1 && !listed))
        return bad(std::format("node {} splits by categories that are not there", node));
    }
    return {};
  }

  const Tree& tree_;
  std::size_t number_;
};

/// What of the whole model its trees must fit.
struct Model {
  bool learner = false;
  bool booster = false;
  std::int64_t features = -1;
  std::int64_t features_max = 0;  ///< of the trees, checked when the model's own are known
  std::size_t trees = 0;
  std::optional<std::size_t> tree_classes;
  std::int64_t classes = 0;
  std::int64_t class_max = -1;
};

Result<void> read_trees(Reader& reader, Model& model) {
  return reader.array([&]() -> Result<void> {
    WEFT_TRY(const Tree tree, read_tree(reader));
    // A tree says itself how many features there are; that it is not more than the model has is
    // looked at when that is known.
    if (tree.number_of_features < 0 || tree.number_of_features > kCountMax)
      return wrong(std::format("tree {}: num_feature cannot be", model.trees));
    WEFT_CHECK(TreeCheck(tree, model.trees).check(tree.number_of_features));
    model.features_max = std::max(model.features_max, tree.number_of_features);
    ++model.trees;
    return {};
  });
}

Result<void> read_booster(Reader& reader, Model& model, int depth) {
  if (depth > 4) return wrong("it is nested too deep");
  return reader.object([&](const std::string& key) -> Result<void> {
    // dart holds its trees in a gbtree of its own.
    if (key == "gbtree" || key == "model") return read_booster(reader, model, depth + 1);
    if (key == "trees") return read_trees(reader, model);
    if (key == "tree_info") {
      std::vector<std::int64_t> classes;
      WEFT_CHECK(reader.numbers(classes));
      model.tree_classes = classes.size();
      for (const std::int64_t each : classes) {
        if (each < 0) return wrong("a tree is of a class below 0");
        model.class_max = std::max(model.class_max, each);
      }
      return {};
    }
    return reader.skip();
  });
}

Result<void> read_learner(Reader& reader, Model& model) {
  model.learner = true;
  return reader.object([&](const std::string& key) -> Result<void> {
    if (key == "gradient_booster") {
      model.booster = true;
      return read_booster(reader, model, 0);
    }
    if (key != "learner_model_param") return reader.skip();
    return reader.object([&](const std::string& parameter) -> Result<void> {
      if (parameter != "num_feature" && parameter != "num_class" && parameter != "num_target")
        return reader.skip();
      WEFT_TRY(const std::int64_t value, reader.number());
      if (parameter == "num_feature") {
        model.features = value;
      } else {
        model.classes = std::max(model.classes, value);
      }
      return {};
    });
  });
}

Result<void> check_document(jsoncons::basic_staj_cursor<char>& cursor) {
  Reader reader(cursor);
  Model model;
  WEFT_CHECK(reader.object([&](const std::string& key) -> Result<void> {
    return key == "learner" ? read_learner(reader, model) : reader.skip();
  }));
  if (!model.learner || !model.booster)
    return fail(Reason::invalid_argument, "this is no XGBoost model: it has no learner");
  if (model.features < 0 || model.features > kCountMax) return wrong("num_feature cannot be");
  if (model.features_max > model.features) {
    return wrong(std::format("its trees ask for {} features, it has {}", model.features_max,
                             model.features));
  }
  if (model.tree_classes.value_or(model.trees) != model.trees)
    return wrong("tree_info has another length than there are trees");
  if (model.class_max >= std::max<std::int64_t>(model.classes, 1))
    return wrong("a tree is of a class that the model does not have");
  return {};
}

template <class Cursor, class Source, class Options>
Result<void> check_with(Source source, const Options& options) {
  std::error_code error;
  Cursor cursor(source, options, error);
  if (error) return wrong(error.message());
  return check_document(cursor);
}

Result<void> check_kind(std::string_view bytes) {
  if (bytes.starts_with("\x80\x02") || bytes.starts_with("\x80\x03") ||
      bytes.starts_with("\x80\x04") || bytes.starts_with("\x80\x05") ||
      bytes.starts_with("ccopy_reg")) {
    return fail(Reason::invalid_argument,
                "this model is a Python pickle, which runs whatever program its maker wrote into "
                "it: save it with booster.save_model(\"model.ubj\") and use that");
  }
  if (bytes.starts_with("binf") || bytes.starts_with("CONFIG-offset:")) {
    return fail(Reason::invalid_argument,
                "this model is in XGBoost's old binary format: load it with an old XGBoost and "
                "save it as model.json or model.ubj");
  }
  if (!bytes.starts_with('{'))
    return fail(Reason::invalid_argument, "this is no XGBoost model (JSON or UBJSON)");
  return {};
}

/// JSON has blanks or a quote behind its brace, UBJSON the type of a length.
bool is_json(std::string_view bytes) {
  const auto second = bytes.find_first_not_of(" \t\r\n", 1);
  return second == bytes.npos || bytes[second] == '"' || bytes[second] == '}';
}

}  // namespace

Result<void> check_model(std::string_view bytes) {
  WEFT_CHECK(check_kind(bytes));
  try {
    if (is_json(bytes)) {
      jsoncons::json_options options;
      options.max_nesting_depth(kDepthMax);
      return check_with<jsoncons::json_string_cursor>(bytes, options);
    }
    jsoncons::ubjson::ubjson_options options;
    options.max_nesting_depth(kDepthMax);
    // No array can hold more than the file has bytes.
    options.max_items(bytes.size());
    return check_with<jsoncons::ubjson::ubjson_bytes_cursor>(
        jsoncons::span<const std::uint8_t>(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                           bytes.size()),
        options);
  } catch (const std::exception& thrown) {
    return wrong(thrown.what());
  }
}

}  // namespace weft::ml::xgboost
