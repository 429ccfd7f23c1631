"""The exercises of notebook 3."""

from functools import partial

from helpers.exercises import mlp_baseline_cases as cases
from helpers.exercises.answers import Array, Number
from helpers.exercises.exercise import Exercise
from helpers.exercises.functions import Function
from helpers.exercises.kinds import Mistake
from helpers.exercises.objects import Anything, step

EXERCISES: list[Exercise] = [
    Exercise(
        name="3.1",
        minutes=1,
        goals=(1,),
        kind=Number(7850),
        mistakes={
            7840: "Close. Each unit has a bias, too.",
            7841: "Almost: one bias is not enough. Each unit has a bias of its own.",
            794: "You have counted the weights of one unit and ten biases. How many units are "
            "there?",
            785: "That is one unit: 784 weights and a bias. How many units are there?",
        },
        otherwise="Not yet. Start with one unit: how many numbers does it multiply, and what does "
        "it add?",
        insight="784 weights and one bias for each of the ten units: (784 + 1) × 10.",
        hints=(
            "Every unit looks at all 28 × 28 pixels and has one weight for each. How many weights "
            "is that for one unit?",
            "One unit has 784 weights and one bias. There are ten units.",
        ),
    ),
    Exercise(
        name="3.2",
        minutes=3,
        goals=(2,),
        kind=Number(0.335),
        mistakes={
            0.065: "You have gone uphill. The error is the probability minus what it should have "
            "been, so it is negative here, and the step goes against the slope.",
            0.185: "You have taken the probability itself for the error. The label is 3, so the "
            "probability of the 3 should have been 1.",
            0.47: "You have left out the pixel: the slope is pixel times error.",
            0.65: "You have taken the whole slope as the step. The learning rate makes it smaller.",
            0.135: "That is by how much the weight changes. What is it afterwards?",
            -0.45: "That is the slope. Take a step against it, as long as the learning rate says.",
        },
        otherwise="Not yet. Work out the error first, then the slope, then the step.",
        insight="The network gave the 3 too little, and this pixel holds ink. So its weight for "
        "the 3 grows, and the next 3 with ink there gets a larger logit.",
        hints=(
            "The error of the 3 is 0.1 minus what the probability should have been. Which number "
            "is that?",
            "The slope is 0.5 * (0.1 - 1) = -0.45. The new weight is the old one minus the "
            "learning rate times the slope.",
        ),
    ),
    Exercise(
        name="3.3",
        minutes=8,
        goals=(2,),
        kind=Function(
            "stable_softmax(logits)",
            reference=cases.softmax,
            cases=cases.logits,
            returns=partial(Array, tolerance=1e-6),
        ),
        mistakes=[
            Mistake(
                when=cases.is_nan_for_large_logits,
                example=cases.simple_softmax,
                hint="For the logits 1000, 999 and 0 the result holds nan. Make the logits smaller "
                "before you raise e to them, in a way that leaves the probabilities as they are.",
            ),
            Mistake(
                when=cases.is_nan_for_mixed_rows,
                example=cases.softmax_less_the_largest_of_all,
                hint="Nearly. With the rows [1000, 998] and [1, 2] the second row becomes nan: "
                "after subtracting 1000 all its powers are 0. Each row needs a number of its own.",
            ),
            Mistake(
                example=cases.softmax_over_everything,
                hint="With two rows, all the numbers together add up to 1. Each row should: sum "
                "along axis 1.",
            ),
            Mistake(
                example=cases.softmax_down_the_columns,
                hint="Your columns add up to 1. One image is a row: take the maximum and the sum "
                "along axis 1.",
            ),
            Mistake(
                example=cases.softmax_divided_by_the_largest,
                hint="No nan, but other probabilities: dividing the logits changes the ratios of "
                "the powers. Which operation leaves them as they are?",
            ),
        ],
        otherwise="Not yet. For small logits your function should agree with softmax from above; "
        "compare the two on [[2.0, 1.0, -1.0]].",
        insight="Subtracting the same number from all logits of a row divides all its powers by "
        "the same factor, which cancels out. Keras does exactly this.",
        hints=(
            "What happens to the probabilities if you subtract 5 from all the logits of a row? "
            "Try it with softmax([[2.0, 1.0, -1.0]]).",
            "Subtract from each row its own maximum: logits.max(axis=1, keepdims=True). Then the "
            "largest power is 1.",
        ),
    ),
    Exercise(
        name="3.4",
        minutes=5,
        goals=(1,),
        kind=Function(
            "count_parameters(sizes)",
            reference=cases.count_parameters,
            cases=[([784, 10],), ([784, 128, 64, 10],), ([3, 5],), ([4, 7, 2, 9],)],
            returns=Number,
        ),
        mistakes=[
            Mistake(
                example=cases.count_weights,
                hint="These are the weights. Each unit of each layer has a bias, too.",
            ),
            Mistake(
                example=cases.count_with_biases_of_inputs,
                hint="You have given biases to the inputs, too. Pixels are not units: only what a "
                "Dense layer computes has a bias.",
            ),
            Mistake(
                example=cases.count_with_a_bias_a_layer,
                hint="You have counted one bias for each layer. Each unit of the layer has one.",
            ),
            Mistake(
                example=cases.count_with_biases_of_the_layer_before,
                hint="The weights are right, but the biases belong to the units of the layer "
                "itself, not to the numbers that come in.",
            ),
            Mistake(
                example=cases.count_the_last_layer,
                hint="That is the last layer only. Does your loop add to the total, or replace it?",
            ),
            Mistake(
                example=cases.count_the_first_layer,
                hint="That is the first layer only. Is your return inside the loop?",
            ),
        ],
        otherwise="Not yet. For [784, 10] it should return the 7850 of exercise 3.1.",
        insight="For the textbook network it gives 109,386, and 100,480 of them are in the first "
        "dense layer.",
        hints=(
            "A layer with n inputs and m units has n × m weights. How many biases?",
            "Go through neighbouring sizes: 784 and 128, then 128 and 64, then 64 and 10. Each "
            "pair adds (inputs + 1) × units.",
        ),
    ),
    Exercise(
        name="3.5",
        minutes=3,
        goals=(3,),
        kind=Anything(
            noun="a dictionary with a text for each of A, B and C",
            sample='{"A": "more epochs", "B": "more epochs", "C": "more epochs"}',
            accepts=cases.is_diagnosis,
            steps=[
                step(
                    cases.are_known_remedies,
                    'Take each from these three: "larger network", "more epochs", "more images".',
                    example={"A": "more layers", "B": "more images", "C": "more epochs"},
                ),
                step(
                    lambda answer: cases.words(answer["A"]) != "more images",
                    "A is no better on its own training images than on others. More of them would "
                    "not help a network that cannot even fit the ones it has.",
                    example={"A": "more images", "B": "more epochs", "C": "larger network"},
                ),
                step(
                    lambda answer: cases.words(answer["A"]) == "larger network",
                    "A has not moved for ten epochs, so waiting longer will not move it. What kind "
                    "of fitting is it when both accuracies are low, close together and flat?",
                    example={"A": "more epochs", "B": "more images", "C": "larger network"},
                ),
                step(
                    lambda answer: cases.words(answer["B"]) != "larger network",
                    "B already has every training image right. A larger network could not improve "
                    "on that, and would learn by heart even more easily.",
                    example={"A": "larger network", "B": "larger network", "C": "more epochs"},
                ),
                step(
                    lambda answer: cases.words(answer["B"]) == "more images",
                    "B knows its training images by heart. What could further epochs teach it? "
                    "Look at the gap between the two columns.",
                    example={"A": "larger network", "B": "more epochs", "C": "more epochs"},
                ),
                step(
                    lambda answer: cases.words(answer["C"]) == "more epochs",
                    "Look at the last column for C: it is still getting better with every epoch, "
                    "on both sets. Nothing has to be changed yet.",
                    example={"A": "larger network", "B": "more images", "C": "more images"},
                ),
            ],
        ),
        insight="A underfits, B overfits, and C has simply not finished. Always look at both "
        "curves and at where they are heading.",
        hints=(
            "Ask two questions of each network: are the two accuracies close together? And are "
            "they still changing?",
            "Close together and flat is underfitting, far apart is overfitting; close together and "
            "still rising is neither.",
        ),
    ),
    Exercise(
        name="3.6",
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
        name="3.7",
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
            "Reshape the result to (-1, 28, 28, 1). For each seed, call train_softmax once with "
            "x_small and once with the shuffled images, and accuracy_of with validation images in "
            "the same order.",
        ),
    ),
]
