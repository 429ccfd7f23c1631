"""The exercises of notebook 3 that compare networks over several seeds."""

from functools import partial

from helpers.exercises import mlp_baseline_cases as cases
from helpers.exercises.answers import Array
from helpers.exercises.exercise import Exercise
from helpers.exercises.functions import Function
from helpers.exercises.kinds import Mistake
from helpers.exercises.objects import Anything, step

EXERCISES: list[Exercise] = [
    Exercise(
        name="3.7",
        minutes=6,
        goals=(4,),
        kind=Function(
            "interval_of_mean(values)",
            reference=cases.interval,
            cases=cases.differences,
            returns=partial(Array, tolerance=1e-3),
        ),
        mistakes=[
            Mistake(
                example=cases.interval_of_a_run,
                hint="Your interval says how much a single value varies. The mean of n values "
                "varies less: what do you divide the standard deviation by?",
            ),
            Mistake(
                example=cases.interval_without_ddof,
                hint="Almost. np.std divides by n; for an estimate from a few values divide by "
                "n - 1.",
            ),
            Mistake(
                make=lambda: partial(cases.interval_with_factor, factor=2.7764451),
                hint="2.78 is the factor for five values. Your function is tried with other "
                "numbers of values, too: let stats.t.ppf work it out.",
            ),
            Mistake(
                make=lambda: partial(cases.interval_for, count=5),
                hint="For five values it is right. Your function is tried with other numbers of "
                "values, too: take n = len(values), for the square root and for df.",
            ),
            Mistake(
                make=lambda: partial(cases.interval_with_root, count=5),
                hint="The factor is right, but you always divide by the square root of 5. How many "
                "values are there?",
            ),
            Mistake(
                example=cases.interval_without_root,
                hint="Almost. The standard error is the standard deviation divided by the square "
                "root of n, not by n.",
            ),
            Mistake(
                make=lambda: partial(cases.interval_with_factor, factor=1.959964),
                hint="1.96 is the factor for a large number of values. With a few, the standard "
                "deviation is itself uncertain: use stats.t.ppf.",
            ),
            Mistake(
                make=lambda: partial(cases.interval_with_factor, factor=1.0),
                hint="That is the mean plus and minus one standard error, which covers only about "
                "two thirds. Which factor makes it 95 %?",
            ),
            Mistake(
                example=cases.interval_with_wrong_df,
                hint="Almost. One degree of freedom is spent on the mean: df is one less than the "
                "number of values.",
            ),
            Mistake(
                example=cases.interval_of_ninety_percent,
                hint="That is a 90 % interval: it leaves out 5 % at either end. Leave out 2.5 % at "
                "either end.",
            ),
        ],
        otherwise="Not yet. Return two numbers: the mean minus and the mean plus the factor times "
        "the standard error.",
        insight="If 0 lies outside, the difference is larger than luck with the seeds explains. "
        "For [0.4, 0.1, 0.6, -0.2, 0.3] it lies inside, although four of five are positive.",
        hints=(
            "You need three things: the mean, the standard error, and the factor. Where did the "
            "lesson compute them?",
            "The standard error is np.std(values, ddof=1) / np.sqrt(n), the factor "
            "stats.t.ppf(0.975, df=n - 1), with n = len(values).",
        ),
    ),
    Exercise(
        name="3.8",
        minutes=20,
        goals=(4,),
        kind=Anything(
            noun="a DataFrame with the columns in place and shuffled",
            sample='pd.DataFrame({"in place": [0.5, 0.5], "shuffled": [0.4, 0.6]})',
            accepts=cases.is_table,
            steps=[
                step(
                    cases.has_columns,
                    'Your table should have the columns "in place" and "shuffled".',
                    make=cases.make_table_of_other_columns,
                ),
                step(
                    lambda table: len(table) >= 3,
                    "Use at least three seeds, with one row for each: one seed is an anecdote.",
                    make=lambda: cases.table([0.94], [0.93]),
                ),
                step(
                    cases.are_shares,
                    "Accuracies are shares from 0 to 1 here, not percentages.",
                    make=lambda: cases.table([94.1, 94.5, 93.9], [94.0, 94.2, 94.1]),
                ),
                step(
                    lambda table: table["in place"].min() > 0.8,
                    "With the pixels in place the network should reach more than 80 %. Is it "
                    "trained, and evaluated with the labels that belong to the images?",
                    make=lambda: cases.table([0.1, 0.09, 0.11], [0.1, 0.1, 0.1]),
                ),
                step(
                    lambda table: table["shuffled"].min() > 0.8,
                    "With shuffled pixels your accuracies are low. Is the order the same for every "
                    "image, and the same for the training and the validation set? Draw it once, "
                    "before anything else.",
                    make=lambda: cases.table([0.94, 0.945, 0.94], [0.2, 0.12, 0.11]),
                ),
                step(
                    cases.differ,
                    "The two columns agree to the last digit. Did the second network really see "
                    "the shuffled images?",
                    make=lambda: cases.table([0.94, 0.945, 0.94], [0.94, 0.945, 0.94]),
                ),
            ],
        ),
        insight="A dense network does as well on images that no human can read. It does not know "
        "which pixels are neighbours; the convolutions of notebook 4 do.",
        hints=(
            "order = np.random.default_rng(0).permutation(784) is one fixed order of the pixels. "
            "Index the flattened images with it: pixels_train[:, order].",
            "Reshape the result to (-1, 28, 28, 1). For each seed, call train_anew with "
            "softmax_network and x_small, then accuracy_of; and both once more with training and "
            "validation images in the new order.",
        ),
    ),
]
