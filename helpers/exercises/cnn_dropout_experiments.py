"""The last exercise of notebook 4: a network with random kernels."""

from typing import Any

from helpers.exercises import cnn_dropout_cases as cases
from helpers.exercises.exercise import Exercise
from helpers.exercises.objects import Model, layers_of, step
from helpers.exercises.validation_set import validation_accuracy

EXERCISES: list[Exercise] = [
    Exercise(
        name="4.8",
        minutes=20,
        goals=(3,),
        kind=Model(
            steps=[
                step(
                    lambda model: layers_of(model).count("Conv2D") == 2,
                    "The network should have the two convolutions of the textbook's.",
                    make=lambda: _dense_network(),
                ),
                step(
                    lambda model: (
                        [layer.filters for layer in cases.convolutions(model)] == [32, 64]
                    ),
                    "Take as many kernels as the textbook's network has: 32 and 64.",
                    make=lambda: cases.network(filters=(8, 16)),
                ),
                step(
                    lambda model: model.output_shape == (None, 10),
                    "The network should have ten outputs.",
                    make=lambda: _network_with_outputs(9),
                ),
                step(
                    lambda model: any(not layer.trainable for layer in cases.convolutions(model)),
                    "Both convolutions can still learn. Set trainable = False for each before you "
                    "compile.",
                    make=lambda: cases.network(frozen=0),
                ),
                step(
                    lambda model: all(not layer.trainable for layer in cases.convolutions(model)),
                    "One of the two convolutions can still learn.",
                    make=lambda: cases.network(frozen=1),
                ),
                step(
                    lambda model: model.layers[-1].trainable,
                    "The dense layer is frozen, too: then there is nothing left to learn.",
                    make=lambda: cases.network(dense=False),
                ),
                step(
                    cases.has_random_kernels,
                    "The kernels are not those that Keras drew at random: they were trained "
                    "before they were frozen. Build a new network and freeze it before you fit.",
                    make=cases.network_frozen_too_late,
                ),
                step(
                    lambda model: validation_accuracy(model) > cases.LEAST_ACCURACY,
                    "The network is built and frozen as it should be, but it reads few validation "
                    "images correctly. Has its dense layer been trained, on scaled images?",
                    make=cases.network,
                ),
            ]
        ),
        insight="In three epochs, random kernels get you about as far as one dense layer on the "
        "bare pixels; learnt kernels get much further in the same time. How far random ones get in "
        "a longer training, the solution shows.",
        hints=(
            "Copy the textbook's network under a new name. Before compile, set layer.trainable = "
            "False for the two convolution layers.",
            "model.layers[0] and model.layers[2] are the convolutions. Then compile and fit as "
            "before; the summary should show 16,010 trainable parameters.",
        ),
    ),
]


def _dense_network() -> Any:
    import keras

    return keras.Sequential(
        [keras.Input(shape=(28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10)]
    )


def _network_with_outputs(outputs: int) -> Any:
    import keras

    model = cases.network()
    return keras.Sequential(
        [keras.Input(shape=(28, 28, 1)), *model.layers[:-1], keras.layers.Dense(outputs)]
    )
