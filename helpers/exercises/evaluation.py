"""The exercises of notebook 5."""

from functools import partial

from helpers.exercises import evaluation_cases as cases
from helpers.exercises.answers import Array, Choice, Number
from helpers.exercises.exercise import Exercise
from helpers.exercises.functions import Function
from helpers.exercises.kinds import Mistake
from helpers.exercises.objects import Anything, step

# A share that is rounded to two decimals is the same share.
ROUNDED = 0.005

EXERCISES: list[Exercise] = [
    Exercise(
        name="5.1",
        minutes=1,
        goals=(1,),
        kind=Number(40_000, tolerance=2_000, sample="12_345"),
        mistakes={
            20_000: "Twice the images make the interval narrower by √2 only. Read the table again: "
            "how many times the images does a tenth of the width take?",
            5_000: "With fewer images the interval gets wider.",
            14_142: "The width is divided by the square root of the factor. So what must the "
            "factor be for the width to be divided by 2?",
            4: "That is how many times as many images you need. How many images are that?",
            1_000_000: "That would make the interval a tenth as wide. Half the width takes fewer.",
            100_000: "Ten times the images divide the width by √10, about 3.2. That is more than "
            "you need.",
        },
        otherwise="Not yet. In the table, a hundred times the images give a tenth of the width. "
        "Which factor halves it?",
        insight="Four times the images halve the interval: its width falls with the square root "
        "of their number. MNIST has 10,000 test images, so the second decimal stays in doubt.",
        hints=(
            "Compare the second and the fourth line of the table: what happens to the width, and "
            "what to the number of images?",
            "The width is divided by √k when there are k times as many images. Which √k is 2?",
        ),
    ),
    Exercise(
        name="5.2",
        minutes=5,
        goals=(2,),
        kind=Function(
            "precision_recall(matrix, digit)",
            reference=cases.precision_recall,
            cases=cases.matrices,
            returns=partial(Array, tolerance=ROUNDED),
        ),
        mistakes=[
            Mistake(
                example=lambda matrix, digit: cases.precision_recall(matrix, digit)[::-1],
                hint="You have the two exchanged, either in the order in which they are returned "
                "or in what you divide by. Rows are labels, columns are predictions: which sum is "
                "the number of images that were predicted to be this digit?",
            ),
            Mistake(
                example=lambda matrix, digit: 2 * [cases.precision_recall(matrix, digit)[1]],
                hint="Both of your numbers are the recall. For the precision, divide by the number "
                "of images that were predicted to be this digit.",
            ),
            Mistake(
                example=lambda matrix, digit: 2 * [cases.precision_recall(matrix, digit)[0]],
                hint="Both of your numbers are the precision. For the recall, divide by the number "
                "of images that have this label.",
            ),
            Mistake(
                example=lambda matrix, digit: 2 * [matrix[digit, digit] / matrix.sum()],
                hint="You divide by the number of all images. Each of the two measures looks at a "
                "part of them only: one column, or one row.",
            ),
            Mistake(
                example=cases.in_percent,
                hint="The two numbers are right as percentages; return shares between 0 and 1.",
            ),
        ],
        otherwise="Not yet. Try it on a matrix that is small enough to count by hand, such as "
        "np.array([[3, 1], [2, 4]]).",
        insight="One diagonal cell, divided by the sum of its column (precision) or of its row "
        "(recall).",
        hints=(
            "The correct predictions of the digit are one cell of the matrix, matrix[digit, digit]."
            " What is the sum of its row, and what the sum of its column?",
            "matrix[digit, :] are all images with this label, matrix[:, digit] all images with "
            "this prediction.",
        ),
    ),
    Exercise(
        name="5.3",
        minutes=5,
        goals=(3,),
        kind=Function(
            "coverage_and_accuracy(confidence, correct, threshold)",
            reference=cases.coverage_and_accuracy,
            cases=cases.confidences,
            returns=partial(Array, tolerance=ROUNDED),
        ),
        mistakes=[
            Mistake(
                example=lambda confidence, correct, threshold: (
                    (confidence >= threshold).mean(),
                    correct.mean(),
                ),
                hint="Your accuracy is that of all images. It should be that of the accepted ones: "
                "select them first.",
            ),
            Mistake(
                example=lambda confidence, correct, threshold: (
                    (confidence >= threshold).mean(),
                    ((confidence >= threshold) & correct).mean(),
                ),
                hint="You divide by the number of all images. For the accuracy, divide by the "
                "number of accepted ones.",
            ),
            Mistake(
                example=lambda confidence, correct, threshold: cases.coverage_and_accuracy(
                    -confidence, correct, -threshold
                ),
                hint="Those are the images that go to a person. The network keeps the ones at or "
                "above the threshold.",
            ),
            Mistake(
                example=cases.above_threshold,
                hint="Accept a prediction, too, if its confidence is exactly the threshold.",
            ),
            Mistake(
                example=cases.coverage_in_percent,
                hint="The two numbers are right as percentages; return shares between 0 and 1.",
            ),
            Mistake(
                example=cases.swapped_coverage,
                hint="The two numbers are right, but in the other order: coverage comes first.",
            ),
            Mistake(
                example=lambda confidence, correct, threshold: (
                    (confidence >= threshold).sum(),
                    correct[confidence >= threshold].mean(),
                ),
                hint="Your coverage is a number of images. It should be their share, between 0 "
                "and 1.",
            ),
        ],
        otherwise="Not yet. Start with accepted = confidence >= threshold, an array of True and "
        "False. What do its mean and correct[accepted] tell you?",
        insight="An array of True and False does both jobs: its mean is the coverage, and as an "
        "index it selects the accepted images.",
        hints=(
            "Make an array of True and False that says which images are accepted. The mean of such "
            "an array is the share of True.",
            "correct[accepted] keeps the accepted images only. What is its mean?",
        ),
    ),
    Exercise(
        name="5.4",
        minutes=1,
        goals=(4,),
        kind=Choice("b", options=("a", "b", "c", "d")),
        mistakes={
            "a": "That is the other way round: the p-value assumes that the two are equally good, "
            "so it cannot be the probability of it.",
            "c": "The p-value says nothing about shares of images. A tiny difference can have a "
            "tiny p-value, if only there are enough images.",
            "d": "Both networks were trained once. The test compares these two; what another "
            "training would give is not in it.",
        },
        insight="A p-value is a statement about data, made under the assumption that there is no "
        "difference.",
        hints=(
            "Go back to the tossed coin: what was assumed about the coin when we computed p?",
            "The sentence must begin by assuming that the networks are equally good.",
        ),
    ),
    Exercise(
        name="5.5",
        minutes=5,
        goals=(4,),
        kind=Function(
            "mcnemar_test(correct_a, correct_b)",
            reference=cases.mcnemar,
            cases=cases.pairs,
            returns=partial(Number, tolerance=0.0005),  # or rounded to three decimals
            seconds=5.0,
        ),
        mistakes=[
            Mistake(
                example=cases.one_sided,
                hint="You test in one direction only. Without alternative=..., binomtest counts a "
                "surprise in either direction, as it should here.",
            ),
            Mistake(
                example=cases.other_side,
                hint="You test in one direction only. Without alternative=..., binomtest counts a "
                "surprise in either direction, as it should here.",
            ),
            Mistake(
                example=cases.of_all_images,
                hint="You toss a coin for every image. Only the images where exactly one network "
                "is correct count as tosses.",
            ),
            Mistake(
                example=cases.of_all_correct,
                hint="You compare how many images each gets right, as if these were different "
                "images. Count those that only one of the two gets right.",
            ),
            Mistake(
                example=cases.chi_squared,
                hint="That is McNemar's chi-squared approximation. It needs many differing images; "
                "use the exact test, binomtest, which always holds.",
            ),
            Mistake(
                example=lambda correct_a, correct_b: 1 - cases.mcnemar(correct_a, correct_b),
                hint="That is one minus the p-value.",
            ),
        ],
        otherwise="Not yet. Count two numbers first: the images that only A gets right, and the "
        "images that only B gets right.",
        insight="Images on which both are correct, or both wrong, cancel out of the comparison.",
        hints=(
            "correct_a & ~correct_b is True where only A is correct. What is its sum?",
            "binomtest(heads, tosses).pvalue: the heads are the images that only A gets right, "
            "the tosses all images that only one of the two gets right.",
        ),
    ),
    Exercise(
        name="5.6",
        minutes=20,
        goals=(1, 3),
        kind=Anything(
            noun='a DataFrame with the rows "before" and "after" and the columns accuracy, loss '
            "and ece",
            sample='pd.DataFrame([before, after], index=["before", "after"])',
            accepts=cases.is_comparison,
            steps=[
                step(
                    cases.holds_shares,
                    "Give accuracy and ece as shares between 0 and 1, not as percentages.",
                    make=lambda: cases.comparison((92.0, 0.5, 5.1), (92.0, 0.3, 1.0)),
                ),
                step(
                    cases.is_overconfident,
                    "The network of the row before is well calibrated already. Take small_model, "
                    "the overconfident one.",
                    make=lambda: cases.comparison((0.99, 0.02, 0.002), (0.99, 0.02, 0.001)),
                ),
                step(
                    cases.is_changed,
                    "The two rows are the same. Is the row after computed from the new "
                    "probabilities, and is the temperature another one than 1?",
                    make=lambda: cases.comparison((0.92, 0.5, 0.05), (0.92, 0.5, 0.05)),
                ),
                step(
                    cases.keeps_predictions,
                    "The accuracy has changed. Dividing all ten logits of an image by the same "
                    "number leaves the largest one the largest, so it must not. Do both rows use "
                    "the same images, and does your softmax add up along axis 1?",
                    make=lambda: cases.comparison((0.92, 0.5, 0.05), (0.96, 0.3, 0.01)),
                ),
                step(
                    cases.loses_loss,
                    "The loss on the test set has not fallen, so the temperature does not suit "
                    "it. Did you choose it on the training images? There the network is nearly "
                    "always correct, and no confidence looks too high. Choose it on the validation "
                    "set.",
                    make=lambda: cases.comparison((0.92, 0.5, 0.05), (0.92, 0.9, 0.07)),
                ),
                step(
                    cases.is_calibrated,
                    "The loss has fallen, but the calibration error has not even halved. Try more "
                    "temperatures, up to 5, and take the one with the smallest validation loss.",
                    make=lambda: cases.comparison((0.92, 0.5, 0.05), (0.92, 0.45, 0.04)),
                ),
            ],
        ),
        insight="One number, chosen on the validation set, makes the confidence believable; every "
        "prediction, and so the accuracy, stays what it was.",
        hints=(
            "Write a function cool(probabilities, temperature) first and try it on one image: the "
            "order of the ten probabilities stays, the largest one shrinks.",
            "Loop over np.arange(0.5, 5.05, 0.1). For each temperature, compute the validation "
            "loss: the mean of -np.log(cooled[np.arange(len(y_val)), y_val]). Keep the temperature "
            "with the smallest.",
        ),
    ),
]
