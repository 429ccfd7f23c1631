"""The exercises of notebook 1."""

from functools import partial

from helpers.exercises import exploration_cases as cases
from helpers.exercises.answers import Array, Number, Shape
from helpers.exercises.exercise import Exercise
from helpers.exercises.functions import Function
from helpers.exercises.kinds import Mistake
from helpers.exercises.objects import Anything, step

EXERCISES: list[Exercise] = [
    Exercise(
        name="1.1",
        minutes=1,
        goals=(1,),
        kind=Shape((28, 28)),
        mistakes={
            (10,): "That would be one number for each image: mean(axis=(1, 2)). Here axis=0 is "
            "averaged away. Which axis counts the images?",
            (10, 28, 28): "That is the shape of images[:10]. The mean over an axis removes it.",
            (1, 28, 28): "Nearly. The axis that is averaged disappears; it would stay, with length "
            "1, if you asked for keepdims=True.",
            (28,): "One axis is averaged, so one of three disappears. How many are left?",
            (10, 28): "You have averaged over the rows or the columns. axis=0 counts the images.",
        },
        otherwise="Not yet. Write down the shape of images[:10] and cross out the axis that is "
        "averaged.",
        insight="The axis of the images is averaged away, and what remains is an image again: the "
        "mean of ten.",
        hints=(
            "What is the shape of images[:10]? The axes are numbered from 0.",
            "images[:10] has the shape (10, 28, 28), and the mean over axis 0 removes the first "
            "number.",
        ),
    ),
    Exercise(
        name="1.2",
        minutes=4,
        goals=(1, 3),
        kind=Function(
            "largest(df, column)",
            reference=cases.largest,
            cases=cases.tables,
            returns=Number,
        ),
        mistakes=[
            Mistake(
                example=lambda df, column: df.groupby("digit")[column].mean().max(),
                hint="You return the largest mean itself. Which digit has it? max gives the value, "
                "idxmax the name of its row.",
            ),
            Mistake(
                example=lambda df, column: df["digit"][df[column].idxmax()],
                hint="You return the digit of the single largest image. One image tells little: "
                "compare the means of the ten digits.",
            ),
            Mistake(
                example=lambda df, column: df.groupby("digit")[column].sum().idxmax(),
                hint="You add up, so that a digit with many images wins, however small they are. "
                "Take the mean.",
            ),
            Mistake(
                example=lambda df, column: df.groupby("digit")["ink"].mean().idxmax(),
                hint="Your function always looks at the ink. The name of the column is its second "
                "argument.",
            ),
            Mistake(
                example=lambda df, column: df.groupby("digit")[column].mean().argmax(),
                hint="argmax gives the place in the list of means, and in a table in which some "
                "digits are missing that is not the digit. idxmax gives the name of the row.",
            ),
        ],
        otherwise='Not yet. Compare largest(df, "ink") with the table of mean_ink above.',
        insight="With this function you can put the same question to every column: try it again "
        "when the table has more of them.",
        hints=(
            "Two steps: the mean of the column for each digit, as above, and then the name of the "
            "row in which it is largest.",
            'df.groupby("digit")[column].mean() is a column with one row for each digit, and '
            "idxmax() returns the name of the row with the largest number.",
        ),
    ),
    Exercise(
        name="1.3",
        minutes=5,
        goals=(3,),
        kind=Function(
            "could_be_mnist(image)",
            reference=cases.could_be_mnist,
            cases=cases.images,
            returns=cases.truth,
        ),
        mistakes=[
            Mistake(
                example=cases.has_size,
                hint="You look at the size only. An image with a digit of the right size in a "
                "corner passes your function. What else was done to MNIST's digits?",
            ),
            Mistake(
                example=cases.has_position,
                hint="You look at the position only. An image with a tiny digit in the right place "
                "passes your function. What else was done to MNIST's digits?",
            ),
            Mistake(
                example=lambda image: cases.box(image)[2] in (19, 20) and cases.has_position(image),
                hint="Your function refuses a digit that is 20 pixels wide and less high, such as "
                "a 2 that was written flat. Which of the two sides counts?",
            ),
            Mistake(
                example=lambda image: cases.has_size(image) and cases.box_in_middle(image),
                hint="You ask where the box lies. In MNIST it is another point of the digit that "
                "lies on pixel (14, 14).",
            ),
            Mistake(
                example=lambda image: cases.has_size(image) and cases.has_position(image, 0.05),
                hint="You are too strict about the position: the digits were moved by whole "
                "pixels, so allow half a pixel on each side of 14.",
            ),
            Mistake(
                example=lambda image: cases.has_size(image) and cases.is_near(image),
                hint="You measure the distance diagonally. The digits were moved along rows and "
                "columns, and each of the two may be half a pixel off: compare them one by one.",
            ),
            Mistake(
                example=lambda image: cases.has_size(image) or cases.has_position(image),
                hint="Your function accepts an image that fulfils one of the two conditions. Both "
                "must hold.",
            ),
        ],
        otherwise="Not yet. Call your function with images[0], which is an MNIST image, and with "
        "np.roll(images[0], 5, axis=1), which no longer is.",
        insight="Size and position: an image that fails one of the two is unlike anything that a "
        "model trained on MNIST has seen.",
        hints=(
            "There are two conditions, one for the size and one for the position. Which of the two "
            "functions above measures which, and which of its numbers do you need?",
            "After top, left, height, width = box_of(image), the size is right if max(height, "
            "width) in (19, 20). After row, column = centre_of_mass(image), the position is right "
            "if abs(row - 14) and abs(column - 14) are both at most 0.6. Return size and position.",
        ),
    ),
    Exercise(
        name="1.4",
        minutes=5,
        goals=(1, 2),
        kind=Function(
            "majority_accuracy(y_train, y_val)",
            reference=cases.majority_accuracy,
            cases=cases.labels,
            returns=Number,
        ),
        mistakes=[
            Mistake(
                example=lambda y_train, y_val: (y_val == cases.most_common(y_val)).mean(),
                hint="Your model looks at the labels it is tested on to choose its prediction. It "
                "may only know y_train.",
            ),
            Mistake(
                example=lambda y_train, y_val: (y_train == cases.most_common(y_train)).mean(),
                hint="That is the accuracy on y_train. The most common class comes from y_train, "
                "the accuracy is measured on y_val.",
            ),
            Mistake(
                example=lambda y_train, y_val: cases.most_common(y_train),
                when=lambda results: results[0].value == 7 and results[1].value == 7,
                hint="You return the most common class itself. How often is it right in y_val?",
            ),
            Mistake(
                example=lambda y_train, y_val: (y_val == cases.most_common(y_train)).sum(),
                hint="You return how many predictions are right. Which share of y_val is that?",
            ),
            Mistake(
                example=lambda y_train, y_val: 100 * cases.majority_accuracy(y_train, y_val),
                hint="You return percent. Return a share between 0 and 1, as mean() gives it.",
            ),
            Mistake(
                example=cases.by_bincount,
                hint='Your function fails for labels that are words, such as "healthy": '
                "np.bincount only counts small whole numbers. value_counts of pandas counts "
                "anything.",
            ),
        ],
        otherwise="Not yet. Try it by hand: in [7, 1, 7] the most common class is 7, which is "
        "right for half of [7, 1].",
        insight="In a clinic where 95 of 100 patients are healthy, this model has an accuracy of "
        "95 % and finds nobody who is ill. Compute it before you praise an accuracy.",
        hints=(
            "Two steps: find the most common class in y_train, then compare y_val with it.",
            "pd.Series(y_train).value_counts().idxmax() is the most common class; the mean of an "
            "array of True and False is the share of True.",
        ),
    ),
    Exercise(
        name="1.5",
        minutes=3,
        goals=(4,),
        kind=Array([0.968110, 0.986224], tolerance=0.0004, sample="[0.55, 0.65]"),
        mistakes=[
            Mistake(
                example=[96.811, 98.6224],
                when=lambda ends: ends.shape == (2,) and ends.min() > 1,
                hint="Give the two ends as shares between 0 and 1, not in percent.",
            ),
            Mistake(
                example=[0.986224, 0.968110],
                when=lambda ends: ends.shape == (2,) and ends[0] > ends[1],
                hint="The lower end comes first.",
            ),
            Mistake(
                example=[0.970113, 0.987887],
                hint="That is 97.9 % ± 1.96 standard errors, a formula that becomes inaccurate "
                "near 100 %. Take Wilson's, as in interval_95.",
            ),
            Mistake(
                example=[0.974466, 0.983534],
                when=lambda ends: (
                    ends.shape == (2,) and 0.0062 < ends[1] - ends[0] < 0.0095 and ends[0] > 0.97
                ),
                hint="Your interval is too narrow for 1,000 images. How many values does your "
                "array have? (For a 95 % interval, one standard error is not enough either.)",
            ),
            Mistake(
                example=[0.956, 0.991],
                when=lambda ends: (
                    ends.shape == (2,) and ends[1] - ends[0] > 0.024 and ends[0] < 0.97 < ends[1]
                ),
                hint="Your interval is too wide for 1,000 images. How many values does your array "
                "have, and how many of them are True?",
            ),
        ],
        otherwise="Not yet. Your array should have 1,000 values, 979 of them True; print its mean "
        "to make sure.",
        insight="The interval reaches from 96.8 % to 98.6 %. The 97.6 % that the nearest "
        "neighbour reaches with 55,000 stored images lies inside, so these 1,000 images do not "
        "show that the network is better.",
        hints=(
            "interval_95 wants an array with one True or False for each image. The order does not "
            "matter.",
            "correct = np.arange(1000) < 979 is an array with 979 times True.",
        ),
    ),
    Exercise(
        name="1.6",
        minutes=20,
        goals=(3, 4),
        kind=Anything(
            noun="a DataFrame with the columns shift and accuracy",
            sample="pd.DataFrame(rows)",
            accepts=cases.is_table,
            steps=[
                step(
                    lambda table: {"shift", "accuracy"} <= set(table.columns),
                    "The table needs the columns shift and accuracy.",
                    make=partial(cases.shifts, (0.9,), accuracy="share"),
                ),
                step(
                    lambda table: (
                        set(range(-4, 5)) <= set(table["shift"]) and table["shift"].is_unique
                    ),
                    "The table needs one row for each shift from -4 to 4, the 0 included. (range "
                    "stops before its end.)",
                    make=partial(cases.shifts, (0.2, 0.4, 0.7, 0.9, 0.93, 0.9, 0.7, 0.4)),
                ),
                step(
                    lambda table: table["accuracy"].between(0, 1).all(),
                    "An accuracy is a share between 0 and 1. Yours are not: percent, or counts?",
                    make=partial(cases.shifts, (20, 40, 70, 90, 93, 90, 70, 40, 20)),
                ),
                step(
                    lambda table: cases.at(table, 0).item() < 0.995,
                    "With shift 0 your model makes no mistake. Are these images that it has "
                    "stored? Take validation images.",
                    make=partial(cases.shifts, (0.2, 0.4, 0.7, 0.9, 1.0, 0.9, 0.7, 0.4, 0.2)),
                ),
                step(
                    lambda table: cases.at(table, -4, 4).max() < 0.6,
                    "The accuracy hardly falls when the digits move. Does the model predict the "
                    "shifted images? And are the training images still where they were?",
                    make=partial(cases.shifts, (0.93,) * 9),
                ),
                step(
                    lambda table: cases.at(table, 0).item() > 0.85,
                    "With shift 0 your accuracy is too low for 1-nearest-neighbour. Does each "
                    "shift start from the original images, and do images and labels belong "
                    "together?",
                    make=partial(cases.shifts, (0.24, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.2)),
                ),
                step(
                    lambda table: cases.at(table, -1, 1).min() > 0.6,
                    "One pixel takes your accuracy down to chance. You have moved the images "
                    "against their labels: which axis counts the images, and which the columns?",
                    make=partial(cases.shifts, (0.1, 0.1, 0.1, 0.1, 0.93, 0.1, 0.1, 0.1, 0.1)),
                ),
            ],
        ),
        insight="The pixels are the same, only three columns further on, and most of the accuracy "
        "is gone. A model that compares pixel by pixel knows digits in one place only: that is why "
        "notebook 6 centres what you write.",
        hints=(
            "Store x_train[:5000] in a KNeighborsClassifier once. Then loop over range(-4, 5), and "
            "in each round shift the original images, predict and append a dictionary to rows.",
            "shifted = np.roll(few_images, shift, axis=2) with few_images of shape (500, 28, 28); "
            "the model wants shifted.reshape(len(shifted), 784).",
        ),
    ),
]
