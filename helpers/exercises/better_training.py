"""The exercises of notebook 8."""

from functools import partial

from helpers.exercises import better_training_cases as cases
from helpers.exercises.answers import Array, Number
from helpers.exercises.exercise import Exercise
from helpers.exercises.functions import Function
from helpers.exercises.kinds import Mistake
from helpers.exercises.objects import Anything, step

EXERCISES: list[Exercise] = [
    Exercise(
        name="8.1",
        minutes=2,
        goals=(1,),
        kind=Number(688),
        mistakes={
            687: "An epoch has a last batch that is not full: 55,000 / 128 = 429.7, so there are "
            "430 steps in an epoch.",
            686: "You have rounded down: an epoch ends with a batch that is not full, and that is "
            "a step, too.",
            3440: "That is how many steps there are in all. The peak comes after the first 20 % "
            "of them.",
            86: "That is a fifth of one epoch. The cycle goes over all eight epochs.",
            430: "That is one epoch. The cycle goes over all eight.",
            88000: "You count images. A step is a batch of 128 of them.",
            2752: "That is how many steps the way down takes.",
        },
        otherwise="Not yet. How many batches are in an epoch, how many in all eight, and how many "
        "are a fifth of those?",
        insight="430 batches an epoch (the last one is not full), 3,440 steps in all, and a fifth "
        "of them is 688. A schedule that is made for another number of steps never comes down, or "
        "comes down too early.",
        hints=(
            "One step is one batch. How many batches of 128 do 55,000 images make, the last one "
            "included?",
            "430 batches in each of 8 epochs; the way up takes 0.2 of all steps.",
        ),
    ),
    Exercise(
        name="8.2",
        minutes=5,
        goals=(2,),
        kind=Array(cases.paired_comparison, tolerance=0.06, sample="[1.0, 0.5, 1.5]"),
        mistakes=[
            Mistake(
                make=lambda: cases.paired_comparison(factor=1.96),
                hint="With 1.96 the interval is too narrow: it is for very many runs. Five "
                "differences have 2.78, from Student's t distribution (notebook 4), or take "
                "ttest_rel.",
            ),
            Mistake(
                make=cases.unpaired_comparison,
                hint="That interval is unpaired: it treats the ten runs as ten different seeds, "
                "and what all runs with a seed have in common covers the step. Take the "
                "difference seed by seed first.",
            ),
            Mistake(
                make=lambda: cases.paired_comparison(ddof=0),
                hint="The standard deviation of a population (NumPy's default) is too small for "
                "five differences: std(ddof=1).",
            ),
            Mistake(
                make=lambda: cases.paired_comparison(per_root=False),
                hint="That says how far single differences scatter. For their mean, divide the "
                "standard deviation by the root of 5.",
            ),
            Mistake(
                make=lambda: cases.paired_comparison(after_first=False),
                hint="The numbers are right, but you have subtracted the step from what was "
                "before it: fewer errors should be negative.",
            ),
            Mistake(
                when=lambda values: abs(values[0] - cases.paired_comparison()[0]) > 0.06,
                example=[-35, -57, -13],
                hint="The first number is the mean of the five differences, after minus before.",
            ),
        ],
        otherwise="Not yet. In order: the mean of the five differences, the lower and the upper "
        "end of its interval.",
        insight="The interval keeps clear of zero. Taken as ten runs that have nothing to do with "
        "each other, the same numbers give -19.9 to 5.9 and say nothing: some draws of the images "
        "are harder than others, for both steps alike, and only pairs take that away.",
        hints=(
            "Five seeds, so five differences. What are they, and how does notebook 4 get an "
            "interval from them?",
            "result = stats.ttest_rel(after, before); its confidence_interval() has low and high.",
        ),
    ),
    Exercise(
        name="8.3",
        minutes=5,
        goals=(2,),
        kind=Array([0.03, 0.06, 0.06, 0.02], sample="[0.1, 0.2, 0.3, 0.4]"),
        mistakes=[
            Mistake(
                example=[0.04, 0.16, 0.12, 0.02],
                hint="That is Bonferroni's correction: all times 4. Holm multiplies only the "
                "smallest by 4, the next by 3, and so on.",
            ),
            Mistake(
                example=[0.03, 0.04, 0.06, 0.02],
                hint="The factors are right. But the largest p-value, 0.04, has become smaller "
                "than the one before it: no corrected value may be.",
            ),
            Mistake(
                example=[0.02, 0.03, 0.06, 0.06],
                hint="The values are right. Give them in the order in which the p-values came.",
            ),
            Mistake(
                example=[0.04, 0.08, 0.12, 0.02],
                hint="The factors go by the size of the p-values, not by their place in the list.",
            ),
            Mistake(
                example=[0.01, 0.04, 0.03, 0.005],
                hint="These are the p-values as they came.",
            ),
        ],
        otherwise="Not yet. Sort the four, multiply by 4, 3, 2 and 1, let none be smaller than "
        "the one before it, and put them back into their places.",
        insight="All four are below 0.05; after Holm two are. The other two may be real, but "
        "these data do not show it.",
        hints=(
            "In order of size: 0.005, 0.01, 0.03, 0.04. By which number is each multiplied?",
            "0.005 · 4, 0.01 · 3, 0.03 · 2, 0.04 · 1. The last is smaller than the one before it, "
            "so it takes that one's value.",
        ),
    ),
    Exercise(
        name="8.4",
        minutes=5,
        goals=(1,),
        kind=Function(
            "smooth(one_hot, amount)",
            reference=cases.smooth,
            cases=cases.targets,
            returns=partial(Array, tolerance=1e-5),
        ),
        mistakes=[
            Mistake(
                example=cases.smooth_to_the_others,
                hint="You deal the amount out to the wrong classes only. Keras deals it out to "
                "all classes, the right one included.",
            ),
            Mistake(
                example=lambda one_hot, amount: (1 - amount) * one_hot,
                hint="You take the amount away, but nobody gets it: each row should add up to 1.",
            ),
            Mistake(
                example=lambda one_hot, amount: one_hot + amount / one_hot.shape[1],
                hint="You deal the amount out without taking it from the right class: each row "
                "adds up to more than 1.",
            ),
            Mistake(
                example=lambda one_hot, amount: (1 - amount) * one_hot + amount / 10,
                hint="There are not always ten classes: how many columns has one_hot?",
            ),
            Mistake(
                example=lambda one_hot, amount: (1 - amount) * one_hot + amount / len(one_hot),
                hint="len(one_hot) is the number of images. The amount is divided by the number "
                "of classes.",
            ),
            Mistake(
                example=lambda one_hot, amount: amount * one_hot + (1 - amount) / one_hot.shape[1],
                hint="The other way round: the amount is what is taken away.",
            ),
        ],
        otherwise="Not yet. For ten classes and an amount of 0.1 the right class should get 0.91 "
        "and each other class 0.01.",
        insight="Each row still adds up to 1, so it is a probability for each class, and "
        "categorical cross-entropy takes it like any other target.",
        hints=(
            "What is left of the 1 when the amount is taken away? And how much does each of the "
            "classes get?",
            "(1 - amount) times the one-hot targets, plus the amount divided by the number of "
            "columns.",
        ),
    ),
    Exercise(
        name="8.5",
        minutes=7,
        goals=(3,),
        kind=Function(
            "answer_together(probabilities)",
            reference=cases.together,
            cases=cases.opinions,
            returns=Array,
        ),
        mistakes=[
            Mistake(
                example=cases.majority,
                hint="You let the networks vote. Then two that are hardly sure outvote one that "
                "is certain. Take the mean of the probabilities first.",
            ),
            Mistake(
                example=cases.surest,
                hint="You follow whichever network is surest. The ensemble takes the mean of all.",
            ),
            Mistake(
                example=cases.mean_of_digits,
                hint="You take the mean of digits: a 3 and a 9 would make a 6. Take the mean of "
                "the probabilities, then the most likely class.",
            ),
            Mistake(
                example=lambda probabilities: probabilities.mean(axis=0),
                hint="These are the mean probabilities. Which class is the most likely one?",
            ),
            Mistake(
                example=lambda probabilities: probabilities[0].argmax(axis=1),
                hint="Only the first network answers.",
            ),
            Mistake(
                example=lambda probabilities: probabilities.mean(axis=1).argmax(axis=1),
                hint="You take the mean over the images. Over which axis are the networks?",
            ),
            Mistake(
                example=lambda probabilities: probabilities.mean(axis=0).argmax(axis=0),
                hint="The mean is right. After it the axes are images and classes: over which one "
                "do you look for the largest?",
            ),
        ],
        otherwise="Not yet. First the mean over the networks, shape (images, classes), then the "
        "most likely class of each image.",
        insight="The mean lets a network that is certain weigh more than one that guesses; votes "
        "throw that away.",
        hints=(
            "probabilities.shape is (networks, images, classes). Over which axis do you take the "
            "mean?",
            "probabilities.mean(axis=0) has the shape (images, classes); argmax over its last "
            "axis.",
        ),
    ),
    Exercise(
        name="8.6",
        minutes=20,
        goals=(3,),
        kind=Anything(
            noun="four things: the probabilities of the student and of the control, both of shape "
            "(validation images, 10), and the errors of either",
            sample="(of_student, of_control, 99, 98)",
            accepts=cases.are_two_networks,
            steps=[
                step(
                    lambda pair: cases.is_counted(pair, 0),
                    "The student's probabilities make another number of errors than you say. "
                    "argmax(axis=1), compared with y_val; how many, not which share?",
                    make=lambda: cases.pair(counted=(3, None)),
                ),
                step(
                    lambda pair: cases.is_counted(pair, 1),
                    "The control's probabilities make another number of errors than you say.",
                    make=lambda: cases.pair(counted=(None, 3)),
                ),
                step(
                    lambda pair: min(cases.accuracies(pair)) > cases.LEAST_ACCURACY,
                    "One of the two networks classifies few validation images correctly. Have "
                    "both been trained, on scaled images?",
                    make=lambda: cases.pair(errors=(0.03, 0.3)),
                ),
                step(
                    lambda pair: not cases.is_teacher(pair),
                    "These are the probabilities of the teacher itself. Train two dense networks.",
                    make=lambda: cases.pair(of_teacher=True),
                ),
                step(
                    cases.differ,
                    "Student and control give the same probabilities. Train the second network on "
                    "the true labels of the same images, one-hot.",
                    make=lambda: cases.pair(same=True),
                ),
                step(
                    cases.are_of_equal_quality,
                    "The two differ by far more errors than the targets can explain. Have both "
                    "seen the same images, copies included, for as many steps?",
                    make=lambda: cases.pair(errors=(0.02, 0.08)),
                ),
                step(
                    cases.resembles_teacher,
                    "The control resembles the teacher more than the student does. Has the "
                    "student learnt from cnn.predict(x_many), and the control from the labels? Or "
                    "have you handed them in the other way round?",
                    make=lambda: cases.pair(swapped=True),
                ),
            ],
        ),
        insight="Most of what the student gains over the networks above is the control's gain, "
        "too: it comes from the new images and from the longer training. In our own solution the "
        "student makes 114 errors and the control 123. That looks like a little help from the "
        "teacher, but one pair cannot tell. Without a control you would have thanked the teacher "
        "for all of it.",
        hints=(
            "The targets of the student are cnn.predict(x_many), of shape (n, 10). Which loss "
            "takes probabilities as targets? And how do the control's labels get that shape?",
            "Write a function that trains build_mlp() on x_many and given targets, with "
            'loss="categorical_crossentropy", AdamW and the one-cycle rate; steps = epochs * '
            "math.ceil(len(x_many) / 128). Call it twice: the control's targets are "
            "to_categorical(np.tile(y_train, copies + 1)).",
        ),
    ),
]
