"""What the checks of cnn dropout compare with: solutions, plausible mistakes, cases."""

from typing import Any

# A network that learnt something in a few passes, on 55,000 images or on 3,600.
LEAST_ACCURACY = 0.75


# --- max pooling ----------------------------------------------------------------------------------


def maps() -> list[tuple[Any, ...]]:
    import numpy as np

    random = np.random.default_rng(4)
    sizes = [(4, 4), (6, 4), (2, 8), (5, 7)]
    maps = [random.integers(-9, 10, size=size).astype(float) for size in sizes]
    return [(feature_map,) for feature_map in [*maps, maps[0] - 20]]


def blocks(feature_map: Any) -> Any:
    rows, columns = feature_map.shape[0] // 2, feature_map.shape[1] // 2
    return feature_map[: 2 * rows, : 2 * columns].reshape(rows, 2, columns, 2)


def max_pool(feature_map: Any) -> Any:
    return blocks(feature_map).max(axis=(1, 3))


def mean_pool(feature_map: Any) -> Any:
    return blocks(feature_map).mean(axis=(1, 3))


def max_pool_from_zero(feature_map: Any) -> Any:
    return max_pool(feature_map).clip(min=0)


def max_pool_overlapping(feature_map: Any) -> Any:
    import numpy as np

    windows = np.lib.stride_tricks.sliding_window_view(feature_map, (2, 2))
    return windows.max(axis=(2, 3))


def every_second(feature_map: Any) -> Any:
    return blocks(feature_map)[:, 0, :, 0]


def max_pool_with_rest(feature_map: Any) -> Any:
    import numpy as np

    rows, columns = -(-feature_map.shape[0] // 2), -(-feature_map.shape[1] // 2)
    pooled = np.empty((rows, columns))
    for row, column in np.ndindex(rows, columns):
        pooled[row, column] = feature_map[2 * row : 2 * row + 2, 2 * column : 2 * column + 2].max()
    return pooled


def max_pool_by_reshape_only(feature_map: Any) -> Any:
    rows, columns = feature_map.shape
    return feature_map.reshape(rows // 2, 2, columns // 2, 2).max(axis=(1, 3))


# --- dropout --------------------------------------------------------------------------------------


def dropped() -> list[tuple[Any, ...]]:
    import numpy as np

    random = np.random.default_rng(5)
    cases = []
    for rate in (0.5, 0.2, 0.75):
        values = random.uniform(1, 2, size=(3, 8)).round(2)
        cases.append((values, random.random((3, 8)) >= rate, rate))
    return cases


# --- a network with random kernels ----------------------------------------------------------------


def network(frozen: int = 2, filters: tuple[int, int] = (32, 64), dense: bool = True) -> Any:
    """Return the textbook's network, untrained, with so many frozen convolution layers."""
    import keras

    model = keras.Sequential(
        [
            keras.Input(shape=(28, 28, 1)),
            keras.layers.Conv2D(filters[0], 3, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(filters[1], 3, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    for layer in convolutions(model)[:frozen]:
        layer.trainable = False
    if not dense:
        model.layers[-1].trainable = False
    return model


def network_frozen_too_late() -> Any:
    model = network()
    layer = convolutions(model)[0]
    kernels, biases = layer.get_weights()
    layer.set_weights([kernels * 2, biases + 0.1])
    return model


def convolutions(model: Any) -> list[Any]:
    return [layer for layer in model.layers if type(layer).__name__ == "Conv2D"]


def has_random_kernels(model: Any) -> bool:
    """Tell whether the kernels are as Keras drew them: bounded, and with biases of zero."""
    import numpy as np

    for layer in convolutions(model):
        kernels, biases = layer.get_weights()
        height, width, channels, filters = kernels.shape
        limit = np.sqrt(6 / (height * width * (channels + filters)))
        if np.abs(kernels).max() > limit * 1.0001 or np.abs(biases).max() > 0:
            return False
    return True
