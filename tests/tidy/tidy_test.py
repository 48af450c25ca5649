"""Every law of tidy.py must be able to fail: each case here breaks one."""
import unittest
from pathlib import Path

import tidy

LAYERS = {"base": [], "model": ["base"], "hub": ["base", "model", "store"], "store": ["base"], "net": ["base"],
          "adapters": ["base", "hub", "net", "adapters/common", "flow/api.h"], "adapters/common": ["base", "hub"],
          "flow": ["base"], "app": ["base", "hub", "adapters"]}
HEAD = "// What it is. Owned by base; any thread.\n#pragma once\n"


def words(path, text):
    return " | ".join(what for _, what in tidy.check_text(path, text, LAYERS))


class Laws(unittest.TestCase):
    def test_a_good_file_passes(self):
        self.assertEqual(words("base/a.h", HEAD + '#include "weft/base/b.h"\n'), "")

    def test_the_include_law(self):
        self.assertIn("may not include", words("base/a.cc", '#include "weft/hub/hub.h"\n'))
        self.assertIn("may not include", words("adapters/mcp/a.cc", '#include "weft/adapters/a2a/b.h"\n'))
        self.assertIn("may not include", words("adapters/mcp/a.cc", '#include "weft/flow/engine.h"\n'))
        self.assertEqual("", words("adapters/mcp/a.cc", '#include "weft/flow/api.h"\n'))
        self.assertEqual("", words("adapters/mcp/a.cc", '#include "weft/adapters/common/b.h"\n'))

    def test_lengths(self):
        self.assertIn("at most 800", words("base/a.cc", "\n" * 801))
        self.assertIn("at most 300", words("base/a.h", HEAD + "\n" * 300))
        self.assertIn("a function of", words("base/a.cc", "int f() {\n" + "  g();\n" * 61 + "}\n"))
        self.assertIn("columns", words("base/a.cc", "int " + "a" * 100 + ";\n"))

    def test_banned_calls_have_a_remedy(self):
        for line in ["throw 1;", "std::cout << 1;", "using namespace std;", "assert(x);", "int a = rand();",
                     "co_spawn(e, f(), boost::asio::detached);", "// TODO later", "std::endl;", "sprintf(a, b);",
                     "for (const auto& e : registry().snapshot()->entries) {",
                     "auto t = std::chrono::system_clock::now();", 'system("ls");', 'auto* v = std::getenv("A");']:
            self.assertIn("banned", words("hub/a.cc", line + "\n"), line)

    def test_words_in_comments_and_strings_are_free(self):
        self.assertEqual("", words("base/a.cc", '// it may throw\nauto s = "throw";\n'))

    def test_headers_say_what_they_are(self):
        self.assertIn("pragma once", words("base/a.h", "// a\n"))
        self.assertIn("opens with", words("base/a.h", "#pragma once\n"))

    def test_macros(self):
        self.assertIn("WEFT_", words("base/a.cc", "#define FOO 1\n"))

    def test_the_project_keeps_its_own_table(self):
        layers = tidy.read_layers(Path(__file__).resolve().parents[2])
        self.assertIn("base", layers)
        self.assertEqual(layers["base"], [])


if __name__ == "__main__":
    unittest.main()
