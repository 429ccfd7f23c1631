"""A network that ships as a script for the browser: its layers, and its weights as text.

``helpers/web/static/network.js`` computes with it. A page that is opened from a folder may load
scripts, but no other files, so that the weights are text in a script.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

# What stands in the file only because ONNX keeps channels in front of rows.
_WITHOUT_EFFECT = {"Reshape"}


def network_script(path: Path) -> str:
    """Return an ONNX file of the series as a JavaScript module that exports ``NETWORK``.

    Raises:
        ValueError: a layer is of a kind that ``network.js`` does not compute.
    """
    layers, arrays = layers_of(onnx.load(path))
    content = np.concatenate([array.ravel() for array in arrays]).astype("<f4").tobytes()
    network = {"layers": layers, "weights": base64.b64encode(content).decode("ascii")}
    return f"export const NETWORK = {json.dumps(network)};\n"


def layers_of(model: onnx.ModelProto) -> tuple[list[dict[str, Any]], list[NDArray[np.float32]]]:
    """Return the layers, as ``network.js`` describes them, and their weights in one order."""
    known = {array.name: numpy_helper.to_array(array) for array in model.graph.initializer}
    layers: list[dict[str, Any]] = []
    arrays: list[NDArray[np.float32]] = []
    for node in model.graph.node:
        if node.op_type in _WITHOUT_EFFECT:
            continue
        layer, weights = _layer(node, [known[name] for name in node.input[1:]])
        layer["weights"] = []
        for array in weights:
            layer["weights"].append([sum(known.size for known in arrays), array.size])
            arrays.append(array)
        layers.append(layer)
    return layers, arrays


def _layer(
    node: onnx.NodeProto, weights: list[NDArray[Any]]
) -> tuple[dict[str, Any], list[NDArray[np.float32]]]:
    settings = {item.name: onnx.helper.get_attribute_value(item) for item in node.attribute}
    match node.op_type:
        case "Conv":
            return {"kind": "convolution", "size": weights[0].shape[-1]}, weights
        case "MaxPool":
            return {"kind": "pooling", "size": settings["kernel_shape"][0]}, []
        case "BatchNormalization":
            scale, shift, mean, variance = (array.astype(np.float64) for array in weights)
            factor = scale / np.sqrt(variance + settings["epsilon"])
            normalisation = [factor, shift - mean * factor]
            return {"kind": "normalisation"}, [a.astype(np.float32) for a in normalisation]
        case "Gemm":
            kernel, bias = weights
            return {"kind": "dense"}, [np.ascontiguousarray(kernel.T), bias]
        case "Relu" | "Flatten" | "Softmax":
            return {"kind": node.op_type.lower()}, []
        case kind:
            raise ValueError(f"{node.name}: network.js has no layer {kind}.")
