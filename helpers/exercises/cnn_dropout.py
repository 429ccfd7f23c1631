"""The exercises of notebook 4."""

from functools import partial

from helpers.exercises import cnn_dropout_cases as cases
from helpers.exercises import cnn_dropout_experiments
from helpers.exercises.answers import Array, Number
from helpers.exercises.exercise import Exercise
from helpers.exercises.functions import Function
from helpers.exercises.kinds import Mistake

EXERCISES: list[Exercise] = [
    Exercise(
        name="4.1",
        minutes=1,
        goals=(1,),
        kind=Number(-5),
        mistakes={
            5: "The right size, but look at the sign: the left column of the kernel is -1, the "
            "right column +1.",
            25: "You have added both columns. The weights on the left are -1: subtract that "
            "column.",
            22: "That is the patch at the top. The bottom row of the feature map belongs to the "
            "patch made of the last three rows of the image.",
            11: "That is the patch in the very middle, one row too high.",
            26: "That is the patch in the top left corner, the one of the figure.",
            -26: "That is the patch at the bottom right, one column too far.",
        },
        otherwise="Not yet. The patch has the rows 2, 3 and 4 and the columns 1, 2 and 3 of the "
        "image, counted from 0.",
        insight="(7 + 3 + 0) - (2 + 5 + 8): there is more ink on the left than on the right, so "
        "the value is negative.",
        hints=(
            "Write down the 3 x 3 patch first: the last three rows and the middle three columns.",
            "The middle column counts for nothing. Add up the right column of the patch and "
            "subtract the left one.",
        ),
    ),
    Exercise(
        name="4.2",
        minutes=7,
        goals=(1,),
        kind=Function(
            "max_pool(feature_map)",
            reference=cases.max_pool,
            cases=cases.maps,
            returns=partial(Array, tolerance=1e-6),
        ),
        mistakes=[
            Mistake(
                example=cases.mean_pool,
                hint="You return the mean of each square. Max pooling keeps the largest value.",
            ),
            Mistake(
                example=cases.max_pool_from_zero,
                hint="A feature map can be negative everywhere in a square. Then the largest value "
                "is negative, too: do not start from 0.",
            ),
            Mistake(
                example=cases.max_pool_overlapping,
                hint="Your squares overlap: they move on by one. Move on by two, so that each "
                "value belongs to one square.",
            ),
            Mistake(
                example=cases.every_second,
                hint="You keep the value in the top left corner of each square, not the largest.",
            ),
            Mistake(
                example=cases.max_pool_with_rest,
                hint="A row or column that is left over at the end is dropped: a map of 5 x 7 "
                "gives 2 x 3.",
            ),
            Mistake(
                example=cases.max_pool_by_reshape_only,
                hint="It works for even sizes. A map of 5 x 7 should give 2 x 3: cut off what is "
                "left over first.",
            ),
        ],
        otherwise="Not yet. Try your function on the map of the figure: it should return "
        "[[4, 2], [2, 9]].",
        insight="The result has half as many rows and columns, so a quarter of the values.",
        hints=(
            "The result has feature_map.shape[0] // 2 rows. Which rows of the map belong to row r "
            "of the result?",
            "Loop over np.ndindex(rows, columns); the square is feature_map[2 * row : 2 * row + 2, "
            "2 * column : 2 * column + 2].",
        ),
    ),
    Exercise(
        name="4.3",
        minutes=2,
        goals=(2,),
        kind=Number(7),
        mistakes={
            9: "Three times three? Neighbouring patches overlap, so each further layer adds less "
            "than 3 pixels to a side.",
            27: "3 x 3 x 3 counts as if the patches lay side by side. They overlap.",
            49: "That is the number of pixels in the square. The question is how long its side is.",
            5: "That is right for two layers. Add the third.",
            3: "That is right for one layer only: the second one looks at values that have each "
            "seen 3 x 3 pixels.",
            8: "8 is right for two convolutions with a pooling between them. Here are three "
            "convolutions and no pooling.",
        },
        otherwise="Not yet. One layer sees 3 pixels. By how many does the square grow on each side "
        "when a second layer looks one value further in every direction?",
        insight="3, 5, 7: each further 3 x 3 layer adds one pixel on every side.",
        hints=(
            "Draw one row of pixels. A value of the second layer looks at three neighbouring "
            "values of the first, and each of those at three pixels.",
            "Two layers see 5 pixels: 3, and one more on each side.",
        ),
    ),
    Exercise(
        name="4.4",
        minutes=7,
        goals=(2,),
        kind=Array([208, 1168, 5770], sample="[10, 20, 30]"),
        mistakes=[
            Mistake(
                example=[200, 1152, 5760],
                hint="All three are short of their biases: one for each kernel, and one for each "
                "unit of the dense layer.",
            ),
            Mistake(
                when=lambda values: values[1] in (160, 152, 88),
                example=[208, 160, 5770],
                hint="A kernel of the second convolution spans all 8 maps of the first: it has "
                "3 x 3 x 8 weights.",
            ),
            Mistake(
                when=lambda values: values[0] == 80,
                example=[80, 1168, 5770],
                hint="The kernels of the first convolution have 5 x 5 weights here.",
            ),
            Mistake(
                when=lambda values: values[2] == 4010,
                example=[208, 1168, 4010],
                hint='The second convolution has padding="same": its maps keep their 12 rows and '
                "columns, and pooling leaves 6.",
            ),
            Mistake(
                when=lambda values: values[2] == 370,
                example=[208, 1168, 370],
                hint="Flatten lays all 16 maps in a row, not just one.",
            ),
            Mistake(
                when=lambda values: values[2] == 23_050,
                example=[208, 1168, 23_050],
                hint="There is a second pooling before Flatten: 12 rows become 6.",
            ),
            Mistake(
                when=lambda values: values[2] == 7850,
                example=[208, 1168, 7850],
                hint="You count the dense layer as if it looked at the pixels. How many values "
                "come out of Flatten?",
            ),
            Mistake(
                when=lambda values: values.shape == (3,) and list(values[:2]) == [208, 1168],
                example=[208, 1168, 6000],
                hint="The convolutions are right. For the dense layer, follow the side of the "
                "maps: 28, then after each layer.",
            ),
        ],
        otherwise="Not yet. Count layer by layer: weights of one kernel, plus one bias, times the "
        "number of kernels.",
        insight="(5·5·1 + 1)·8, (3·3·8 + 1)·16 and (6·6·16 + 1)·10; the sides are "
        "28, 24, 12, 12, 6.",
        hints=(
            "One kernel of a convolution has height x width x channels weights and one bias. How "
            "many channels does each layer look at?",
            "The sides of the maps are 28, 24, 12, 12, 6. So Flatten gives 6 x 6 x 16 values.",
        ),
    ),
    Exercise(
        name="4.5",
        minutes=3,
        goals=(3,),
        kind=Array([2.5, 3.5, 1.5], tolerance=0.01, sample="[1.0, 2.0, 3.0]"),
        mistakes=[
            Mistake(
                example=[3.5, 2.5, 1.5],
                hint="The right three numbers, but the first two are exchanged. What changes from "
                "91.0 to 93.5, when dropout is on both times?",
            ),
            Mistake(
                when=lambda values: values[1] == 6,
                example=[2.5, 6.0, 1.5],
                hint="Not all of the way is dropout's: 91.0 is an average over the epoch, in which "
                "the network was still getting better. Which two numbers differ by dropout only?",
            ),
            Mistake(
                when=lambda values: abs(abs(values[2]) - 4.5) < 0.01,
                example=[2.5, 3.5, -4.5],
                hint="The third number compares an average over the epoch, with dropout, with an "
                "accuracy after it, without. On equal terms both are measured in the same way.",
            ),
            Mistake(
                when=lambda values: abs(abs(values[2]) - 2) < 0.01,
                example=[2.5, 3.5, -2.0],
                hint="The validation images are classified without dropout. Take the training "
                "images without it, too.",
            ),
            Mistake(
                example=[2.5, 3.5, -1.5],
                hint="The size is right. By how much are the training images ahead?",
            ),
            Mistake(
                example=[0.025, 0.035, 0.015],
                hint="In percentage points, please: from 91.0 % to 93.5 % it is 2.5 points.",
            ),
        ],
        otherwise="Not yet. Each of the three is the difference of two of the four accuracies: "
        "which two differ in one thing only?",
        insight="The average over the epoch costs 2.5 points, dropout 3.5. Measured in the same "
        "way, the training images are ahead by 1.5, as usual.",
        hints=(
            "From 91.0 to 93.5 dropout is on both times; from 93.5 to 97.0 the network is the same "
            "both times.",
            "evaluate gives the validation accuracy, without dropout. Compare it with the training "
            "accuracy without dropout.",
        ),
    ),
    Exercise(
        name="4.6",
        minutes=5,
        goals=(4,),
        kind=Function(
            "dropout(values, keep, rate)",
            reference=lambda values, keep, rate: values * keep / (1 - rate),
            cases=cases.dropped,
            returns=partial(Array, tolerance=1e-4),
        ),
        mistakes=[
            Mistake(
                example=lambda values, keep, rate: values * keep,
                hint="The right values are zero, but the others are not scaled up: on average the "
                "sum has shrunk.",
            ),
            Mistake(
                example=lambda values, keep, rate: values * keep / rate,
                hint="You divide by the rate. It says how many values are dropped; divide by the "
                "share that is kept.",
            ),
            Mistake(
                example=lambda values, keep, rate: values * keep * (1 - rate),
                hint="You make the values that are kept smaller. They have to make up for those "
                "that are dropped.",
            ),
            Mistake(
                example=lambda values, keep, rate: values * ~keep / (1 - rate),
                hint="You drop what should be kept: keep is True where a value stays.",
            ),
            Mistake(
                example=lambda values, keep, rate: values[keep] / (1 - rate),
                hint="You leave the dropped values out. They stay in their places as zeros, so "
                "that the shape does not change.",
            ),
            Mistake(
                example=lambda values, keep, rate: values / (1 - rate),
                hint="All values are scaled up, but none is set to zero.",
            ),
        ],
        otherwise="Not yet. With a rate of 0.5 the values that are kept should come out twice as "
        "large.",
        insight="True counts as 1 and False as 0. Dividing by 1 - rate keeps the expected value, "
        "so that nothing has to change after training.",
        hints=(
            "What happens when you multiply an array of numbers by an array of True and False?",
            "If a share of 1 - rate is kept, by what must you divide so that the mean stays?",
        ),
    ),
    Exercise(
        name="4.7",
        minutes=3,
        goals=(4,),
        kind=Number(0.95),
        mistakes={
            1.0: "You have gone 10 % of the way from 0 both times. The second batch starts where "
            "the first one has ended, so less of the way is left.",
            0.5: "That is the running mean after the first batch. One more.",
            4.95: "After the first batch the running mean is at 0.5. The momentum, 0.9, is the "
            "share of the old value that stays, not the step.",
            4.05: "That is how much of the way is left after two batches: 0.9 · 0.9 · 5. Where is "
            "the running mean then?",
            4.5: "That is how much of the way is left after the first batch.",
        },
        otherwise="Not yet. The distance to 5 is 5 at first. What is it after one batch, and after "
        "two?",
        insight="0 → 0.5 → 0.95: each batch leaves 0.9 of the way before it, so after n batches "
        "0.9 to the power of n is left. With a momentum of 0.99 that takes ten times as long.",
        hints=(
            "The first batch moves the running mean from 0 by 10 % of the way to 5.",
            "After the first batch it is 0.5, and 4.5 are left. Take 10 % of those.",
        ),
    ),
    *cnn_dropout_experiments.EXERCISES,
]
