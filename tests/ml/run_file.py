"""run_file.py FILE: the tests of one file; ends with 77 when all of them lacked the shared data, and 1 at any other skip."""
import importlib.util
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
LACKING = 77


def main():
    path = HERE / Path(sys.argv.pop(1)).name
    sys.path.insert(0, str(HERE))
    from lib.data import NO_DATA
    from lib.hub import OTHER_SERVER

    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    program = unittest.main(module=module, verbosity=2, exit=False)
    skipped = [why for _, why in program.result.skipped]
    print(f"ml {path.stem}: {program.result.testsRun - len(skipped)} run, {len(skipped)} skipped")
    if not program.result.wasSuccessful():
        return 1
    if skipped and all(why == NO_DATA for why in skipped):
        return LACKING
    return 1 if skipped and not OTHER_SERVER else 0


if __name__ == "__main__":
    sys.exit(main())
