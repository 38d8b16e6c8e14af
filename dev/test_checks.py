"""Tests of dev/check_includes and dev/check_layout (on small trees, each forbidden thing is found and
each allowed one is not) and of how dev/regen_docs reads sources."""

import importlib.machinery
import importlib.util
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True


def load(name):
    path = str(pathlib.Path(__file__).with_name(name))
    loader = importlib.machinery.SourceFileLoader(name, path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


class Tree(unittest.TestCase):
    def tree(self, files):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        root = pathlib.Path(folder.name)
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        return root


class Includes(Tree):
    rules = load("check_includes")

    def problems(self, name, *targets):
        text = "".join(f"#include {t}\n" for t in targets)
        return self.rules.check(self.tree({name: text}))

    def test_allowed(self):
        for name, target in {
            "src/striate/solvers/x.h": '"striate/penalties/l1.h"',
            "src/striate/solvers/y.h": '"striate/core/text.h"',
            "src/striate/pipelines/x.cc": '"striate/io/formats.h"',
            "src/striate/io/x.cc": "<hdf5.h>",
            "src/striate/linalg/x.cc": "<Eigen/Core>",
            "src/striate/linalg/detail/x.h": "<Eigen/Core>",
            "src/striate/core/x.test.cc": '"striate/memory/energy.h"',
            "src/striate/core/y.test.cc": '"tests/problems/plant.h"',
            "cli/main.cc": '"cli/commands.h"',
            "cli/x.cc": '"striate/io/formats.h"',
        }.items():
            self.assertEqual(self.problems(name, target), [], name)

    def test_forbidden(self):
        for name, target in {
            "src/striate/core/x.h": '"striate/linalg/gemm.h"',
            "src/striate/io/x.cc": '"striate/dictionaries/dictionary.h"',
            "src/striate/penalties/x.h": '"striate/solvers/lasso.h"',
            "src/striate/solvers/x.cc": '"striate/learning/online.h"',
            "src/striate/core/a.cc": '"cli/commands.h"',
            "src/striate/core/b.test.cc": '"cli/commands.h"',
            "src/striate/core/c.cc": '"tests/problems/plant.h"',
            "src/striate/core/d.h": "<Eigen/Core>",
            "src/striate/core/e.test.cc": "<Eigen/Core>",
            "src/striate/core/f.h": '"striate/core/detail/pool.h"',
            "src/striate/solvers/g.cc": '"striate/linalg/detail/map.h"',
            "src/striate/core/h.cc": '"text.h"',
            "src/striate/unknown/x.h": '"striate/core/text.h"',
            "cli/x.cc": '"python/bindings/array.h"',
            "cli/y.cc": '"striate/linalg/detail/map.h"',
            "python/bindings/x.cc": '"cli/commands.h"',
        }.items():
            self.assertEqual(len(self.problems(name, target)), 1, name)

    def test_message_says_where_and_what_is_allowed(self):
        (line,) = self.problems("src/striate/codes/x.h", "<vector>", '"striate/io/npy.h"')
        self.assertEqual(
            line, "src/striate/codes/x.h:2: includes striate/io/npy.h; codes may include codes, core"
        )

    def test_table_has_no_cycle_and_core_is_lowest(self):
        self.assertEqual(self.rules.allowed_rooms("core"), {"core"})
        for room in self.rules.MAY:
            below = self.rules.allowed_rooms(room) - {room}
            self.assertIn("core", self.rules.allowed_rooms(room))
            for other in below:
                self.assertNotIn(room, self.rules.allowed_rooms(other), f"{room} and {other}")


class Layout(Tree):
    rules = load("check_layout")

    def test_finds_each(self):
        found = self.rules.check(
            self.tree(
                {
                    "src/striate/good/README.md": "",
                    "src/striate/good/x.cc": "",
                    "src/striate/good/x.test.cc": "",
                    "src/striate/bad/y.cc": "\n" * 801,
                    "cli/main.cc": "",
                }
            )
        )
        self.assertEqual(
            found,
            [
                "src/striate/bad/: README.md is missing",
                "src/striate/bad/y.cc: 801 lines; 800 are allowed",
                "src/striate/bad/y.cc: y.test.cc is missing",
            ],
        )


class Docs(Tree):
    docs = load("regen_docs")

    def setUp(self):
        self.docs.ROOT = self.tree(
            {
                "a.h": "// One: two\n// words. More.\n\nint a;\n",
                "b.cc": "x\n  // [howto-begin]\n  int b;\n    c\n  // [howto-end]\ny\n",
                "page.md": "t\n<!-- source: b.cc -->\n```cpp\nold\n```\nu\n"
                '<!-- source: a.h from "int a" to "//" -->\n```\n```\n',
            }
        )

    def test_sentence(self):
        self.assertEqual(
            self.docs.first_sentence(self.docs.head_comment(self.docs.ROOT / "a.h")),
            "One: two words",
        )
        lines = ["Problem    min f", "           + g", "Update     h"]
        self.assertEqual(self.docs.first_sentence(lines), "min f + g")

    def test_fence_is_filled_and_the_rest_is_kept(self):
        page = self.docs.ROOT / "page.md"
        page.write_text(page.read_text().split('<!-- source: a.h')[0])
        self.assertEqual(
            self.docs.howto_page(page),
            "t\n<!-- source: b.cc -->\n```cpp\nint b;\n  c\n```\nu\n",
        )

    def test_lines_that_are_not_there_are_an_error(self):
        with self.assertRaisesRegex(SystemExit, "a.h has no lines from 'int a' to '//'"):
            self.docs.howto_page(self.docs.ROOT / "page.md")


if __name__ == "__main__":
    unittest.main()
