"""The exercises of notebook 11."""

from helpers.exercises import other_data_cases as cases
from helpers.exercises.answers import Array, Number
from helpers.exercises.exercise import Exercise
from helpers.exercises.functions import Function
from helpers.exercises.kinds import Mistake
from helpers.exercises.objects import Model, step

EXERCISES: list[Exercise] = [
    Exercise(
        name="11.1",
        minutes=1,
        goals=(1,),
        kind=Number(80.6, tolerance=0.6, sample="42.5"),
        mistakes={
            19.4: "That share of the errors is left. Which share has gone?",
            10.9: "Those are points of accuracy: 195 of all 1,797 images. Asked is the share of "
            "the errors that there were before.",
            414.9: "You divide by the errors that are left. They were 242 before: how many of "
            "these have gone?",
            195: "So many errors have gone. Out of how many?",
            0.806: "That is a share. The answer is asked for in percent.",
        },
        otherwise="Not yet. How many errors have gone, and how many were there before?",
        insight="Four of five errors are gone. Near 100 %, points of accuracy look small; the "
        "share of errors that are avoided says what a user notices.",
        hints=(
            "How many errors have gone, and how many were there before?",
            "100 * (242 - 47) / 242",
        ),
    ),
    Exercise(
        name="11.2",
        minutes=5,
        goals=(1,),
        kind=Number(2.9, tolerance=0.02, sample="1.5"),
        mistakes={
            0.61: "That is the standard error when each of the 1,000 images counts as drawn on its "
            "own. The images of one writer resemble each other: your sample is ten writers.",
            9.17: "That is the standard deviation of the ten accuracies: how far writers are "
            "apart. The mean of ten of them is known better, by the square root of ten.",
            2.75: "Your standard deviation divides by 10. The mean was computed from the same ten "
            "numbers, so divide by 9: ddof=1.",
            0.029: "That is a share. The answer is asked for in percentage points.",
            0.917: "The square root of the *number of writers* is what the standard deviation is "
            "divided by, not ten.",
        },
        otherwise="Not yet. Write down the ten accuracies, take their standard deviation with "
        "ddof=1, and divide by the square root of how many there are.",
        insight="Nearly five times what 1,000 independent images would give (0.61 points). One "
        "writer decides, and the next ten might have two such writers, or none.",
        hints=(
            "Ten numbers: nine times 99 and once 70. What is the standard error of their mean? "
            "(Notebook 3 has it for seeds.)",
            "The standard deviation of the ten accuracies, with ddof=1, divided by the square root "
            "of ten: np.std([99] * 9 + [70], ddof=1) / np.sqrt(10).",
        ),
    ),
    Exercise(
        name="11.3",
        minutes=1,
        goals=(2,),
        kind=Number(5_130),
        mistakes={
            5_120: "Close. Each of the ten units has a bias, too.",
            118_530: "Those are all parameters of the network. Which of them belong to the last "
            "layer?",
            113_400: "Those are the ones that stay as they are.",
            512: "That is how many numbers the last layer gets. How many weights has each of its "
            "ten units, and what else?",
            10: "That is the number of units. Each of them has weights.",
        },
        otherwise="Not yet. The last layer is dense: ten units, each with a weight for every one "
        "of the 512 numbers that Flatten hands it, and a bias.",
        insight="(512 + 1) × 10, four of a hundred parameters. So few can be fitted to few images; "
        "but they can only weigh anew what the other layers see.",
        hints=(
            "model.summary() lists the parameters of each layer.",
            "A dense layer with n inputs and ten units has (n + 1) · 10 parameters; here n is 512.",
        ),
    ),
    Exercise(
        name="11.4",
        minutes=7,
        goals=(3,),
        kind=Function(
            "shift(images, rows, columns)",
            reference=cases.shift,
            cases=cases.shifts,
            returns=Array,
        ),
        mistakes=[
            Mistake(
                example=cases.rolled,
                hint="What leaves the image on one side comes in again on the other: np.roll goes "
                "round in a circle. A shifted photo has black there.",
            ),
            Mistake(
                example=cases.rows_and_columns_exchanged,
                hint="Rows and columns are exchanged: the first axis of an image goes down, the "
                "second to the right.",
            ),
            Mistake(
                example=cases.other_direction,
                hint="Your images move up and to the left. Positive rows go down, positive columns "
                "to the right.",
            ),
            Mistake(
                example=cases.one_direction_only,
                hint="Down and to the right it works. Negative numbers should move the images up "
                "and to the left, but they do not.",
            ),
            Mistake(
                example=cases.edge_repeated,
                hint="You repeat the pixels of the edge. What comes in should be black: 0.",
            ),
        ],
        otherwise="Not yet. Begin with an array of zeros in the images' shape and copy the part "
        "that stays inside to its new place.",
        insight="Of MNIST's images the border is black, so np.roll does the same there for a pixel "
        "or two; of clothes it is not. A corruption has to be one that a camera could make.",
        hints=(
            "np.roll goes round in a circle: which rows and columns have to be made black "
            "afterwards? Or pad the images with black first, and cut out another part of them.",
            "np.pad with abs(rows) above and below and abs(columns) left and right; from there "
            "cut a window of the old size that begins at abs(rows) - rows and abs(columns) - "
            "columns.",
        ),
    ),
    Exercise(
        name="11.5",
        minutes=4,
        goals=(4,),
        kind=Array(
            [True, False, False, True, True, False],
            sample="[True, True, True, True, True, True]",
        ),
        mistakes=[
            Mistake(
                when=lambda answer: not answer[0],
                example=[False, False, False, True, True, False],
                hint="A: a 7 that stands two pixels further to the right is still a 7.",
            ),
            Mistake(
                when=lambda answer: answer[1],
                example=[True, True, False, True, True, False],
                hint="B: turn a 6 by 180 degrees and read it. What is its label now?",
            ),
            Mistake(
                when=lambda answer: answer[2],
                example=[True, False, True, True, True, False],
                hint="C: hold a 2 or a 7 before a mirror. Does anybody write it like that?",
            ),
            Mistake(
                when=lambda answer: not answer[3],
                example=[True, False, False, False, True, False],
                hint="D: which side of a pullover is left depends on where the photographer "
                "stands. Its class does not.",
            ),
            Mistake(
                when=lambda answer: not answer[4],
                example=[True, False, False, True, False, False],
                hint="E: a leaf on a table has no top. Whoever photographs it turns it as it "
                "happens to lie.",
            ),
            Mistake(
                when=lambda answer: answer[5],
                example=[True, False, False, True, True, True],
                hint="F: a mirrored arrow to the left points to the right, and that is another "
                "sign.",
            ),
        ],
        otherwise="Not yet. Ask of each line: would somebody who sees the changed picture give it "
        "the same label, and might it have been taken like that?",
        insight="An augmentation says what does not matter to the label. Nobody can take that from "
        "a recipe: it has to be known of the data.",
        hints=(
            "Would somebody who sees only the changed picture give it the old label?",
            "Three of the six keep the label.",
        ),
    ),
    Exercise(
        name="11.6",
        minutes=20,
        goals=(2,),
        kind=Model(
            steps=[
                step(
                    lambda model: model.input_shape == (None, 28, 28, 1),
                    "The network should take images of the shape (28, 28, 1).",
                    make=lambda: cases.small_network(input_shape=(28, 28)),
                ),
                step(
                    lambda model: model.output_shape == (None, 10),
                    "The network should have ten outputs, one for each digit.",
                    make=lambda: cases.small_network(outputs=11),
                ),
                step(
                    lambda model: cases.accuracy_on_enlarged(model) > cases.LEAST_ON_ENLARGED,
                    "It does not read the enlarged images of forms 9 to 14 well enough: more than "
                    "95 % should be right. Has it been fine-tuned with enlarged images of forms 1 "
                    "to 8?",
                    make=cases.as_it_ships,
                ),
                step(
                    lambda model: cases.accuracy_on_mnist(model) > cases.LEAST_ON_MNIST,
                    "It reads the enlarged images, but it has forgotten some of MNIST: more than "
                    "99 % of the validation images should still be right. Let it practise both at "
                    "once: put images of MNIST's training set among the others.",
                    make=cases.forgetful,
                ),
            ]
        ),
        insight="It reads both, because it practised both. (Bringing the images into MNIST's form "
        "was cheaper: nothing had to be trained.)",
        hints=(
            "Fine-tune with enlarged[form <= 8] alone, then measure on both. Which of the two has "
            "become worse?",
            "np.concatenate a thousand images of images_train (mnist.x_train holds the validation "
            "images, too) with enlarged[form <= 8], likewise the labels, and fit on both for five "
            "epochs with Adam(1e-3).",
        ),
    ),
]
