"""SPORCO's ConvBPDNDictLearn, filters by accelerated gradient steps, with its defaults."""

import importlib.util
import pathlib

_path = pathlib.Path(__file__).with_name("sporco.py")
_spec = importlib.util.spec_from_file_location("peer_sporco_pgm_base", _path)
_base = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_base)
_base.DICTIONARY = "pgm"

VERSION, learn = _base.VERSION, _base.learn
