"""The exercises of notebook 7."""

import math

from helpers.exercises import debugging_cases as cases
from helpers.exercises.answers import Array, Number
from helpers.exercises.exercise import Exercise
from helpers.exercises.functions import Function
from helpers.exercises.kinds import Mistake
from helpers.exercises.objects import step
from helpers.exercises.trials import Trained

LN_10 = math.log(10)
# Random weights have preferences, which cost a little; raw pixels or a wrong loss cost far more.
MOST_OVER_LN_10 = 0.7
# As multiples of the weights' own size. The repaired networks move theirs by about a half.
LEAST_MOVED = 0.02
MOST_MOVED = 5

EXERCISES: list[Exercise] = [
    Exercise(
        name="7.1",
        minutes=1,
        goals=(1,),
        kind=Number(math.log(26), tolerance=0.01, sample="2.3"),
        mistakes=[
            Mistake(
                when=lambda value: abs(value - LN_10) < 0.01,
                example=2.3026,
                hint="That is for ten classes. Here there are 26.",
            ),
            Mistake(
                when=lambda value: abs(value - math.log2(26)) < 0.01,
                example=4.7004,
                hint="That is the logarithm to the base 2. Cross-entropy takes the natural one, "
                "np.log.",
            ),
            Mistake(
                when=lambda value: abs(value - math.log10(26)) < 0.01,
                example=1.415,
                hint="That is the logarithm to the base 10. Cross-entropy takes the natural one, "
                "np.log.",
            ),
            Mistake(
                when=lambda value: abs(value - 1 / 26) < 0.001,
                example=1 / 26,
                hint="That is the probability of each letter. The loss is -ln of it.",
            ),
            Mistake(
                when=lambda value: abs(value + math.log(26)) < 0.01,
                example=-3.258,
                hint="The sign: the logarithm of a probability is negative, the loss is minus "
                "that.",
            ),
        ],
        otherwise="Not yet. Which probability does a network that knows nothing give to each of "
        "26 letters?",
        insight="ln 26 = 3.26. Write such a number down before every training: it is the cheapest "
        "of all checks.",
        hints=(
            "What is the loss of an untrained network with ten classes, and why?",
            "It gives each letter the probability 1/26, and the loss is -ln of that: np.log(26).",
        ),
    ),
    Exercise(
        name="7.2",
        minutes=6,
        goals=(1,),
        kind=Function(
            "prepare(images, labels)",
            reference=cases.prepare,
            cases=cases.raw_digits,
            returns=cases.Pairs,
        ),
        mistakes=[
            Mistake(
                example=cases.prepare_broken,
                hint="It still does what it did. Draw a few of its images with their labels as "
                "titles: there are two faults.",
            ),
            Mistake(
                when=cases.labels_are_mixed,
                example=cases.prepare_mixed,
                hint="The images are as they should be now. But each stands beside the label of "
                "another one.",
            ),
            Mistake(
                example=cases.prepare_with_whole_numbers,
                hint="Images and labels belong together now. But all grey pixels are black now: "
                "// drops what is behind the point, and so does uint8.",
            ),
            Mistake(
                example=lambda images, labels: (images / 255, labels),
                hint="The axis for the channel has been lost: each image should have the shape "
                "(28, 28, 1).",
            ),
            Mistake(
                example=lambda images, labels: (images[..., None].astype("float32"), labels),
                hint="The pixels are not scaled: they still go up to 255.",
            ),
        ],
        otherwise="Not yet. Compare the minimum, the maximum and the number of different values "
        "before and after, and look at a few images with their labels.",
        insight="Both faults pass without an error, and the loss before training does not show "
        "either. Looking does.",
        hints=(
            "Draw prepare(...)'s first ten images with imshow and their labels as titles. What is "
            "wrong with the titles, and where have the strokes gone?",
            "Two calls of permutation give two different orders: draw one order, order = "
            "rng.permutation(len(images)), and use it for both. And // is not /.",
        ),
    ),
    Exercise(
        name="7.3",
        minutes=6,
        goals=(2,),
        kind=Trained(
            pictures=cases.scaled_pictures,
            steps=[
                step(
                    lambda trial: trial.outputs != "neither",
                    "The ten outputs of an image do not add up to 1, so they are no probabilities; "
                    "and none is below zero, so they are no logits either. Which activation makes "
                    "probabilities of ten logits?",
                    make=lambda: cases.small_network("relu"),
                ),
                step(
                    lambda trial: trial.loss_fits_outputs,
                    "The outputs are in order. But last layer and loss do not fit: the loss takes "
                    "the outputs for probabilities, and they are logits (or the other way round). "
                    "Change one of the two.",
                    make=lambda: cases.small_network(None),
                ),
                step(
                    lambda trial: trial.accuracy > cases.LEAST_ACCURACY,
                    "Last layer and loss fit now, and the loss before training is close to ln 10. "
                    "But it hardly learns. Is the learning rate as it was?",
                    make=lambda: cases.small_network(learning_rate=1e-6),
                ),
            ],
        ),
        insight="Either the last layer makes probabilities, or the loss is told that it gets "
        "logits: one of the two, never both and never neither.",
        hints=(
            "Print the ten outputs of an image. Do they add up to 1? Is any of them negative? What "
            "does the loss expect?",
            'Give the last layer activation="softmax", or give compile '
            "loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True).",
        ),
    ),
    Exercise(
        name="7.4",
        minutes=5,
        goals=(3,),
        kind=Function(
            "count_dead(activations)",
            reference=cases.dead_channels,
            cases=cases.feature_maps,
            returns=Number,
        ),
        mistakes=[
            Mistake(
                example=lambda activations: int((activations.max(axis=0) == 0).sum()),
                hint="axis=0 goes through the images only. That leaves a value for every place of "
                "every channel, and you count places; a channel has one kernel for all places.",
            ),
            Mistake(
                example=lambda activations: int((activations.max(axis=(1, 2)) == 0).sum()),
                hint="You count pairs of an image and a channel. Dead is a channel that is zero in "
                "all images.",
            ),
            Mistake(
                example=lambda activations: int((activations == 0).sum()),
                hint="You count all zeros. A channel may be zero at some places and live at "
                "others.",
            ),
            Mistake(
                example=lambda activations: int((activations.min(axis=(0, 1, 2)) == 0).sum()),
                hint="You count the channels that are zero at one place or more. Dead is a channel "
                "that is zero at all of them.",
            ),
            Mistake(
                example=lambda activations: int((activations.max(axis=(1, 2, 3)) == 0).sum()),
                hint="You count images for which all channels are zero. Channels are the last "
                "axis; go through the other three.",
            ),
            Mistake(
                example=lambda activations: float((activations.max(axis=(0, 1, 2)) == 0).mean()),
                hint="That is the share. The question is how many.",
            ),
            Mistake(
                example=lambda activations: int((activations.max(axis=(0, 1, 2)) > 0).sum()),
                hint="You count the living ones.",
            ),
        ],
        otherwise="Not yet. Try it on np.zeros((5, 4, 4, 3)), where all three channels are dead; "
        "then set one value to 1.",
        insight="ReLU gives nothing below zero, so a largest value of zero means zero everywhere. "
        "A channel is one kernel, which slides over all places: one place that is not zero is "
        "enough to keep it learning.",
        hints=(
            "dead_share takes the largest value over all images, axis 0. Over which axes do you "
            "have to go here, so that one value is left for each channel?",
            "activations.max(axis=(0, 1, 2)) has one value for each channel. Count those that are "
            "0.",
        ),
    ),
    Exercise(
        name="7.5",
        minutes=6,
        goals=(2, 3, 4),
        kind=Array([2, 3, 1, 4, 5], sample="[1, 2, 3, 4, 5]"),
        mistakes=[
            Mistake(
                when=lambda values: values[0] != 2 and values[1] == 2,
                example=[3, 2, 1, 4, 5],
                hint="A and B: which of the two has learnt what the digits look like? With mixed "
                "labels, only learning by heart is possible, and that is slow.",
            ),
            Mistake(
                when=lambda values: values[0] != 2,
                example=[6, 3, 1, 4, 5],
                hint="A: the training accuracy rises, so the network can learn. But what it learns "
                "is worth nothing for other images.",
            ),
            Mistake(
                when=lambda values: values[1] != 3,
                example=[2, 1, 1, 4, 5],
                hint="B: almost perfect in training, and not one validation image right. Chance "
                "would hit one in ten! Which digits may the validation images show?",
            ),
            Mistake(
                when=lambda values: values[2] != 1,
                example=[2, 3, 4, 4, 5],
                hint="C: look at the loss before training, and compare it with ln 10.",
            ),
            Mistake(
                when=lambda values: values[3] != 4,
                example=[2, 3, 1, 2, 5],
                hint="D: it learns, and does better on the validation images. Something handicaps "
                "it during training only.",
            ),
            Mistake(
                when=lambda values: values[4] == 6,
                example=[2, 3, 1, 4, 6],
                hint="E: with all hidden units dead, the gradient of the first layer would be 0. "
                "This one knows where to go.",
            ),
            Mistake(
                when=lambda values: values[4] != 5,
                example=[2, 3, 1, 4, 1],
                hint="E: everything is as it should be before training, and the gradient is not 0. "
                "Yet the loss hardly falls: what stands between the gradient and the step?",
            ),
        ],
        otherwise="Not yet.",
        insight="And D is no fault at all: dropout is off when the validation images are measured.",
        hints=(
            "Go through the method: the loss before training first, then whether the training "
            "accuracy rises, then the validation accuracy.",
            "C has a loss before training that is far too large. E has a gradient and does not "
            "move. A and B differ in how well they know their training images.",
        ),
    ),
    Exercise(
        name="7.6",
        minutes=20,
        goals=(1, 2, 3),
        kind=Trained(
            pictures=cases.raw_pictures,
            steps=[
                step(
                    lambda trial: trial.outputs != "neither",
                    "The ten outputs of an image do not add up to 1, and they are no logits "
                    "either. Begin with the last layer.",
                    make=lambda: cases.large_network(
                        scaled=False,
                        activation="sigmoid",
                        bias=-10,
                        frozen=True,
                        learning_rate=1.0,
                    ),
                ),
                step(
                    lambda trial: trial.loss_fits_outputs,
                    "Last layer and loss do not fit each other: one speaks of probabilities, the "
                    "other of logits.",
                    make=lambda: cases.large_network(activation=None),
                ),
                step(
                    lambda trial: trial.first_loss < LN_10 + MOST_OVER_LN_10,
                    "The outputs are in order. But the loss before training is far above ln 10. "
                    "What does the first layer get?",
                    make=lambda: cases.large_network(scaled=False),
                ),
                step(
                    lambda trial: trial.dead < 0.9,
                    "The loss before training is right. But almost all units of a hidden layer are "
                    "zero for every image, before the first step. Look at how its layers start.",
                    make=lambda: cases.large_network(bias=-10),
                ),
                step(
                    lambda trial: not trial.frozen,
                    "The units are alive. But a layer is frozen: compare the number of trainable "
                    "parameters in the summary with the number of all.",
                    make=lambda: cases.large_network(frozen=True),
                ),
                step(
                    lambda trial: trial.moved < MOST_MOVED,
                    "All that stands before the first step is in order. But in training the "
                    "weights are thrown about: they move by many times their own size.",
                    make=lambda: cases.large_network(learning_rate=1.0),
                ),
                step(
                    lambda trial: trial.moved > LEAST_MOVED,
                    "All that stands before the first step is in order. But in training the "
                    "weights hardly move.",
                    make=lambda: cases.large_network(learning_rate=1e-7),
                ),
                step(
                    lambda trial: trial.accuracy > cases.LEAST_ACCURACY,
                    "It learns, but slowly or badly. Keep the layers that were there, with ReLU, "
                    "and Adam with its usual learning rate of 0.001.",
                    make=lambda: cases.large_network(learning_rate=0.00005),
                ),
            ],
        ),
        insight="Five faults, and no error message. Checked in the order of the method, each shows "
        "itself once the one before it is mended.",
        hints=(
            "Do not read the code for faults: examine the network. Sums of the outputs, loss "
            "before training, one batch; where that fails, dead units, trainable weights, gradient "
            "norms.",
            "Rescaling(1 / 255) as the first layer, softmax at the end, biases that start at zero, "
            "no frozen layer, a learning rate of 0.001.",
        ),
    ),
]
