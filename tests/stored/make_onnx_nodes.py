"""Writes onnx_nodes.json: ONNX's own node tests for what maps and boxes are made of.

Run by hand, never by the tests:    python tests/stored/make_onnx_nodes.py
The stored file was made by onnx 1.23.2.  Integers stay integers; float32 is written in full.
"""

import json
import warnings
from pathlib import Path

import numpy as np
import onnx
from onnx.backend.test.case.node import collect_testcases

OPERATORS = ("ConvTranspose", "Resize", "Upsample", "RoiAlign", "NonMaxSuppression", "MaxUnpool")


def plain(value):
    return value.decode() if isinstance(value, bytes) else value


def arrays(names, values):
    return {name: np.asarray(value).tolist() for name, value in
            zip([name for name in names if name], values, strict=True)}


warnings.simplefilter("ignore")                              # overflows of cases that are not kept
stored = {}
for case in collect_testcases(None):
    nodes = case.model.graph.node
    if len(nodes) == 1 and nodes[0].op_type in OPERATORS:
        (given, wanted), = case.data_sets
        stored[case.name.removeprefix("test_")] = {
            "operator": nodes[0].op_type,
            "settings": {attribute.name: plain(onnx.helper.get_attribute_value(attribute))
                         for attribute in nodes[0].attribute},
            **arrays(nodes[0].input, given), "wanted": np.asarray(wanted[0]).tolist()}
print(onnx.__version__, len(stored))
path = Path(__file__).with_name("onnx_nodes.json")
path.write_text(json.dumps(stored, separators=(",", ":")) + "\n")
