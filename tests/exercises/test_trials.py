"""A repaired network is judged by what a copy of it does; the student's own is left alone."""

import random
from typing import Any

import numpy as np
import pytest

from helpers.exercises import debugging_cases as cases
from helpers.exercises.exercise import Exercise
from helpers.exercises.objects import step
from helpers.exercises.trials import MOST_PARAMETERS, Pictures, Trained, Trial

PICTURES = 64


def strokes() -> Pictures:
    """Ten classes of tiny strokes, so that a copy is trained in a moment."""
    labels = np.arange(PICTURES) % 10
    images = np.zeros((PICTURES, 28, 28, 1), "float32")
    for image, label in zip(images, labels, strict=True):
        image[2 * label + 2, 4:24] = 1
    return Pictures(images, labels, images, labels)


def judged(answer: Any, steps: Any = ()) -> str:
    exercise = Exercise(
        name="7.99",
        minutes=1,
        goals=(1,),
        kind=Trained(pictures=strokes, steps=steps),
        insight="Good.",
        hints=("One.", "Two."),
    )
    return exercise.judge(answer).text


def trial(model: Any) -> Trial:
    return Trained(pictures=strokes, steps=()).read(model)


def test_a_network_that_has_been_compiled_is_tried() -> None:
    assert judged(cases.small_network()) == "Right. Good."


def test_the_student_s_model_and_random_numbers_are_left_alone() -> None:
    model = cases.small_network()
    before = [weight.copy() for weight in model.get_weights()]
    random.seed(5)
    expected = random.Random(5).random()
    trial(model)
    assert random.random() == expected
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_a_trained_model_is_judged_from_the_start() -> None:
    model = cases.small_network()
    pictures = strokes()
    model.fit(pictures.x_train, pictures.y_train, epochs=30, verbose=0)
    assert model.evaluate(pictures.x_val, pictures.y_val, verbose=0)[0] < 1
    assert trial(model).first_loss == trial(cases.small_network()).first_loss > 2


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (lambda: cases.small_network(compiled=False), "The model is not compiled."),
        (lambda: cases.small_network(outputs=1), "The model's output has the shape (None, 1)."),
        (lambda: large(), f"with more than {MOST_PARAMETERS:,} the check would take too long"),
        (lambda: with_loss("categorical_crossentropy"), "Keras says: ValueError: "),
        (lambda: with_loss("mean_squared_error"), "Do the layers and the loss fit them?"),
        (lambda: with_loss(broken_loss), "A copy of your model could not be trained"),
        (lambda: other_input(), "A copy of your model could not be trained"),
    ],
)
def test_what_cannot_be_tried_gets_a_sentence(model: Any, sentence: str) -> None:
    assert sentence in judged(model())


def large() -> Any:
    import keras

    model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten()])
    model.add(keras.layers.Dense(1500))
    model.add(keras.layers.Dense(10))
    model.compile(loss="sparse_categorical_crossentropy")
    return model


def with_loss(loss: Any) -> Any:
    model = cases.small_network()
    model.compile(loss=loss)
    return model


def broken_loss(y_true: Any, y_pred: Any) -> Any:
    raise RuntimeError("by design")


def other_input() -> Any:
    import keras

    model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(10, "softmax")])
    model.compile(loss="sparse_categorical_crossentropy")
    return model


@pytest.mark.parametrize(
    ("model", "outputs", "fits"),
    [
        (lambda: cases.small_network(), "probabilities", True),
        (lambda: cases.small_network(None, from_logits=True), "logits", True),
        (lambda: cases.small_network(None), "logits", False),
        (lambda: cases.small_network("sigmoid"), "neither", True),
    ],
)
def test_outputs_and_loss_are_told_apart(model: Any, outputs: str, fits: bool) -> None:
    found = trial(model())
    assert found.outputs == outputs
    if outputs != "neither":
        assert found.loss_fits_outputs is fits


def test_dead_units_frozen_layers_and_wild_steps_are_seen() -> None:
    dead = trial(cases.large_network(scaled=False, bias=-1000))
    assert dead.dead == 1
    assert dead.moved < 0.1
    assert trial(cases.large_network(scaled=False, frozen=True)).frozen
    assert trial(cases.large_network(scaled=False, learning_rate=1.0)).moved > 2
    healthy = trial(cases.large_network(scaled=False))
    assert healthy.dead < 0.5
    assert not healthy.frozen


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    import keras

    model = cases.small_network()
    for layer in model.layers:
        layer.trainable = False
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    judged(model, [step(lambda found: found.accuracy > 2, "Never.")])
    captured = capfd.readouterr()
    assert captured.out == ""
    assert "Warning" not in captured.err
