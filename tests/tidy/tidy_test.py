"""Every law of tidy.py must be able to fail: each case here breaks one."""
import re
import subprocess
import tempfile
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

    BAD_LINES = ["throw 1;", "std::cout << 1;", "using namespace std;", "assert(x);", "int a = rand();",
                 "co_spawn(e, f(), boost::asio::detached);", "// TODO later", "std::endl;", "sprintf(a, b);",
                 "for (const auto& e : registry().snapshot()->entries) {", "std::this_thread::sleep_for(1s);",
                 "auto t = std::chrono::system_clock::now();", 'system("ls");', 'auto* v = std::getenv("A");',
                 "::usleep(1'000);", "simdjson::ondemand::document_stream stream;"]

    def test_banned_calls_have_a_remedy(self):
        for line in self.BAD_LINES:
            self.assertIn("banned", words("hub/a.cc", line + "\n"), line)

    def test_every_ban_is_shown_to_fail(self):
        for pattern, _, remedy in tidy.BANNED:
            self.assertTrue(any(re.search(pattern, line) for line in self.BAD_LINES), pattern)
            self.assertTrue(remedy)

    def test_tests_and_benchmarks_may_include_all_and_break_no_other_law(self):
        def told(text):
            return [what for _, what in tidy.check_text("tests/x/a_test.cc", text, None)]

        self.assertEqual(told('#include "weft/hub/hub.h"\n'), [])
        self.assertIn("banned", told("::usleep(1);\n")[0])

    def tree(self, *names):
        """Faults of a project that has these files, and what every project has."""
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for name in ("layers.txt", *names):
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text("base:\n" if name == "layers.txt" else "")
            (root / "src/weft/adapters").mkdir(parents=True, exist_ok=True)
            subprocess.run(["git", "init", "-q", folder], check=True)
            return [f"{name}: {what}" for name, _, what in tidy.check_tree(root)]

    def test_files_are_snake_case(self):
        self.assertEqual(self.tree("src/weft/base/a_b.cc"), [])
        self.assertIn("snake_case", self.tree("src/weft/base/CamelCase.cc")[0])

    def test_an_adapter_is_complete(self):
        whole = [f"src/weft/adapters/telex/{n}" for n in
                 ("README.md", "codec.h", "client.h", "server.h", "golden/a.json", "a_test.cc", "a_fuzz.cc")]
        lacks = "src/weft/adapters/telex: the adapter lacks {}; an adapter is complete in its folder"

        def adapter(*names):
            return [fault for fault in self.tree(*names) if "the adapter lacks" in fault]

        self.assertEqual(adapter(*whole), [])
        for name, what in zip(whole, ("README.md", "codec.h", "client.h", "server.h", "golden", "a test", "a fuzzer")):
            self.assertEqual(adapter(*[n for n in whole if n != name]), [lacks.format(what)])

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
