"""Write a trained Keras network as an ONNX file, which small runtimes answer with.

The graph is written node by node from the layers that the series uses, so that it holds nothing
else: Keras's own exporter needs further packages and leaves a trail of transpositions. ONNX keeps
channels before rows and columns, Keras behind them; the weights are turned, not the images.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
from keras import layers
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from helpers.paths import write_atomically

# Old enough for runtimes of the last years, new enough for all that is needed here.
OPSET = 17
IR_VERSION = 8
INPUT, OUTPUT = "images", "probabilities"


class _Graph:
    """Nodes and weights so far; ``value`` is the name of what the last node gives."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self.value = INPUT

    def add(self, kind: str, *arrays: NDArray, **attributes: Any) -> None:
        """Append a node that takes the last value and these weights."""
        name = f"{kind.lower()}_{len(self.nodes)}"
        names = [f"{name}_{position}" for position in range(len(arrays))]
        for weight, array in zip(names, arrays, strict=True):
            self.weights.append(numpy_helper.from_array(np.ascontiguousarray(array), weight))
        self.nodes.append(helper.make_node(kind, [self.value, *names], [name], name, **attributes))
        self.value = name


def write_onnx(network: keras.Model, path: Path) -> None:
    """Write a network of ``helpers.models`` with its weights.

    The file takes float32 (n, 28, 28, channels) in [0, 1] and gives float32 (n, classes), as the
    network does.

    Raises:
        ValueError: a layer is of a kind, or has settings, that the series does not use.
    """
    graph = _Graph()
    shape = network.input_shape[1:]
    given, answers = list(shape), network.output_shape[-1]
    if any(isinstance(layer, layers.Conv2D) for layer in network.layers):
        height, width, channels = shape
        if channels == 1:
            graph.add("Reshape", np.array([-1, channels, height, width], np.int64))
        else:
            graph.add("Transpose", perm=[0, 3, 1, 2])
    for layer in network.layers:
        shape = _add_layer(graph, layer, shape)
    graph.nodes[-1].output[0] = OUTPUT
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            network.name,
            [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["n", *given])],
            [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["n", answers])],
            graph.weights,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="handwritten-digits",
    )
    onnx.checker.check_model(model, full_check=True)
    write_atomically(path, model.SerializeToString(deterministic=True))


def _add_layer(graph: _Graph, layer: keras.Layer, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Append one layer; return the shape that Keras gives its output, (rows, columns, channels).

    Before the first dense layer that shape says in which order Keras counts the pixels.
    """
    weights = [np.asarray(array) for array in layer.get_weights()]
    match layer:
        case layers.Conv2D(
            padding="valid", strides=(1, 1), dilation_rate=(1, 1), groups=1, use_bias=False
        ):
            graph.add("Conv", weights[0].transpose(3, 2, 0, 1))
            _add_activation(graph, layer.activation)
        case layers.MaxPooling2D(padding="valid"):
            graph.add("MaxPool", kernel_shape=layer.pool_size, strides=layer.strides)
        case layers.BatchNormalization(scale=True, center=True):
            graph.add("BatchNormalization", *weights, epsilon=layer.epsilon)
        case layers.ReLU(negative_slope=0, threshold=0, max_value=None):
            graph.add("Relu")
        case layers.Flatten():
            graph.add("Flatten")
            return shape
        case layers.Dense(use_bias=True) if len(weights[0]) == np.prod(shape):
            kernel, bias = weights
            if len(shape) == 3:
                order = np.arange(kernel.shape[0]).reshape(shape).transpose(2, 0, 1).ravel()
                kernel = kernel[order]
            graph.add("Gemm", kernel, bias)
            _add_activation(graph, layer.activation)
        case layers.Dropout() | layers.InputLayer():
            return shape
        case _:
            raise ValueError(f"{layer.name}: a {type(layer).__name__} like this can't be written.")
    return tuple(layer.output.shape[1:])


def _add_activation(graph: _Graph, activation: object) -> None:
    match keras.activations.serialize(activation):
        case "relu":
            graph.add("Relu")
        case "softmax":
            graph.add("Softmax", axis=-1)
        case "linear":
            pass
        case name:
            raise ValueError(f"The activation {name} can't be written.")
