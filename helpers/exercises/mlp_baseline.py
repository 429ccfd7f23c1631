"""The exercises of notebook 3."""

from functools import partial

from helpers.exercises import mlp_baseline_cases as cases
from helpers.exercises import mlp_baseline_seeds
from helpers.exercises.answers import Array, Number
from helpers.exercises.exercise import Exercise
from helpers.exercises.functions import Function
from helpers.exercises.kinds import Mistake
from helpers.exercises.objects import Anything, layers_of, step
from helpers.exercises.validation_set import validation_accuracy

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
            -0.45: "That is the slope. Now subtract the learning rate times the slope from the old "
            "weight.",
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
        minutes=6,
        goals=(1, 2),
        kind=Anything(
            noun="a list of a number and a trained Keras model",
            sample="[42, model]",
            accepts=cases.is_number_and_model,
            steps=[
                step(
                    lambda answer: answer[0] != cases.WEIGHTS,
                    "The number is that of the weights. Each unit of each layer has a bias, too.",
                    make=lambda: [cases.WEIGHTS, cases.small_network()],
                ),
                step(
                    lambda answer: answer[0] != cases.WITH_BIASES_OF_INPUTS,
                    "You have given biases to the pixels, too. Only what a Dense layer computes "
                    "has a bias.",
                    make=lambda: [cases.WITH_BIASES_OF_INPUTS, cases.small_network()],
                ),
                step(
                    lambda answer: answer[0] == cases.PARAMETERS,
                    "The number of parameters is not right yet. Count layer by layer: from 784 "
                    "numbers to 32, then from 32 to 10.",
                    make=lambda: [25_120, cases.small_network()],
                ),
                step(
                    lambda answer: layers_of(answer[1]) == ["Flatten", "Dense", "Dense"],
                    "The network should have three layers: Flatten, the hidden Dense layer, and "
                    "the Dense layer with the ten outputs.",
                    make=lambda: [cases.PARAMETERS, cases.small_network(hidden=())],
                ),
                step(
                    lambda answer: [each.units for each in answer[1].layers[1:]] == [32, 10],
                    "The hidden layer should have 32 units, and the last layer ten, one for each "
                    "digit.",
                    make=lambda: [cases.PARAMETERS, cases.small_network(hidden=(64,))],
                ),
                step(
                    lambda answer: cases.activation_of(answer[1], 1) == "relu",
                    "The hidden layer is to have ReLU as its activation function. Without any, two "
                    "Dense layers can do no more than one.",
                    make=lambda: [cases.PARAMETERS, cases.small_network(bend=None)],
                ),
                step(
                    lambda answer: cases.activation_of(answer[1], 2) == "softmax",
                    "The ten outputs should be probabilities: the last layer needs softmax.",
                    make=lambda: [cases.PARAMETERS, cases.small_network(outputs=None)],
                ),
                step(
                    lambda answer: answer[1].compiled,
                    "The network is built, but it has not been compiled: it has no optimizer and "
                    "no loss yet.",
                    make=lambda: [cases.PARAMETERS, cases.small_network(loss=None)],
                ),
                step(
                    lambda answer: cases.is_cross_entropy_of_classes(answer[1].loss),
                    "Look at the loss in compile: ten classes of which one is right ask for "
                    "categorical cross-entropy, the sparse one for labels that are whole numbers.",
                    make=lambda: [cases.PARAMETERS, cases.small_network(loss="mse")],
                ),
                step(
                    lambda answer: validation_accuracy(answer[1]) > cases.LEAST_ACCURACY,
                    "The network is built and compiled as it should be, but it classifies few "
                    "validation images correctly. Has it been trained long enough, on scaled "
                    "images?",
                    make=lambda: [cases.PARAMETERS, cases.small_network()],
                ),
            ],
        ),
        insight="Three calls make a classifier: Sequential says what it computes, compile how it "
        "learns, fit lets it learn. (784 + 1) × 32 + (32 + 1) × 10 = 25,450 parameters.",
        hints=(
            "Copy the network of one layer from above under a new name, and put a Dense layer "
            "between Flatten and the outputs. A layer with n inputs and m units has (n + 1) × m "
            "parameters.",
            "After model.compile(...) with the arguments from above, call model.fit(x_train"
            "[:10_000], y_train[:10_000], epochs=5, batch_size=32).",
        ),
    ),
    Exercise(
        name="3.5",
        minutes=2,
        goals=(3,),
        kind=Array([8, 5], sample="[3, 2]"),
        mistakes=[
            Mistake(
                example=[5, 8],
                hint="The right two numbers: the end of training comes first.",
            ),
            Mistake(
                example=[9, 9],
                hint="Training does not live to see the 0.33: by then its patience is over. Which "
                "is the third epoch in a row without a new low?",
            ),
            Mistake(
                when=lambda values: values[0] == 8 and values[1] == 8,
                example=[8, 8],
                hint="Training ends there, but what does restore_best_weights=True do then?",
            ),
            Mistake(
                when=lambda values: values[0] == 9 and values[1] == 5,
                example=[9, 5],
                hint="Almost. Training ends after the third epoch in a row without a new low, not "
                "one later.",
            ),
            Mistake(
                when=lambda values: values[1] == 3,
                example=[6, 3],
                hint="Epoch 5 brings a new low, 0.34. Then the counting starts again from zero.",
            ),
            Mistake(
                when=lambda values: values[0] in (4, 5, 6) and values[1] == 5,
                example=[6, 5],
                hint="One epoch without a new low is not enough. patience=3 waits for three of "
                "them in a row.",
            ),
        ],
        otherwise="Not yet. Go from epoch to epoch and note the lowest loss so far. How many "
        "epochs in a row have not beaten it?",
        insight="Epochs 6, 7 and 8 bring no new low, so training ends, and the weights of epoch 5 "
        "come back. The 0.33 of epoch 9 is never seen: that is the price of stopping.",
        hints=(
            "Under each loss, write how many epochs in a row have brought no new low. A new low "
            "sets the count back to 0.",
            "The counts are 0, 0, 0, 1, 0, and then? Training ends when one of them is 3.",
        ),
    ),
    Exercise(
        name="3.6",
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
    *mlp_baseline_seeds.EXERCISES,
]
