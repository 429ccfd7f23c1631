"""The exercises of notebook 2."""

import functools

from helpers.exercises import preprocessing_cases as cases
from helpers.exercises import preprocessing_copies_cases as copies
from helpers.exercises.answers import Array, Number
from helpers.exercises.exercise import Exercise
from helpers.exercises.functions import Function
from helpers.exercises.kinds import Mistake
from helpers.exercises.objects import Anything, step

EXERCISES: list[Exercise] = [
    Exercise(
        name="2.1",
        minutes=1,
        goals=(2,),
        kind=Number(4300),
        mistakes={
            430: "That is one epoch. There are ten.",
            429: "Those are the full batches of one epoch. A last, smaller batch follows, and "
            "there are ten epochs.",
            4290: "Close. Each epoch ends with one more batch, which is not full.",
            4297: "Close. A batch does not reach into the next epoch: round in each epoch.",
            4296.875: "There are no parts of a step. Round in each epoch: up or down?",
            550_000: "So many images pass through the network. How many of them make one step?",
        },
        otherwise="Not yet. How many batches of 128 do 55,000 images make, if the last one may be "
        "smaller?",
        insight="429 full batches and one of 88 images make 430 steps, and that ten times.",
        hints=(
            "The bar above showed 157 steps for 10,000 images in batches of 64, since "
            "10,000 / 64 = 156.25.",
            "55,000 / 128 = 429.7. The rest makes a batch, too.",
        ),
    ),
    Exercise(
        name="2.2",
        minutes=5,
        goals=(2, 3),
        kind=Function(
            "prepare(image)",
            reference=cases.prepare,
            cases=cases.images,
            returns=functools.partial(Array, tolerance=1e-4),
        ),
        mistakes=[
            Mistake(
                when=cases.all_have_shape(28, 28),
                example=lambda image: image / 255,
                hint="The result still has two axes. Two are missing: one for the batch in front, "
                "one for the channel at the end.",
            ),
            Mistake(
                when=cases.all_have_shape(28, 28, 1),
                example=lambda image: image[..., None] / 255,
                hint="The channel is there. What is missing is the axis that counts images: a "
                "network takes a batch, even of one.",
            ),
            Mistake(
                when=cases.all_have_shape(1, 28, 28),
                example=lambda image: image[None] / 255,
                hint="The batch axis is there. What is missing is the channel, at the end.",
            ),
            Mistake(
                when=cases.all_have_shape(1, 1, 28, 28),
                example=lambda image: image[None, None] / 255,
                hint="Four axes, but the channel has to be the last one: (1, 28, 28, 1).",
            ),
            Mistake(
                example=lambda image: image[None, ..., None],
                hint="The shape is right. The numbers still go up to 255.",
            ),
            Mistake(
                example=lambda image: image[None, ..., None] // 255,
                hint="The shape is right, but nearly all numbers are 0: // divides and drops what "
                "follows the decimal point. Use /.",
            ),
            Mistake(
                example=lambda image: image[None, ..., None] / max(image.max(), 1),
                hint="You divide by the brightest pixel of this image, so that a faint image "
                "becomes as bright as a dark one. Divide every image by the same number.",
            ),
        ],
        otherwise="Not yet. Try it on x_train[0], and look at the shape, min() and max().",
        insight="Now a network with a Conv2D layer takes it. Notebook 6 needs just this for your "
        "own photos.",
        hints=(
            "image[np.newaxis] puts an axis in front, image[..., np.newaxis] one at the end.",
            "Divide by 255 first. Then index the result with [np.newaxis, ..., np.newaxis].",
        ),
    ),
    Exercise(
        name="2.3",
        minutes=8,
        goals=(3, 4),
        kind=Anything(
            noun="a tf.data.Dataset",
            sample="tf.data.Dataset.from_tensor_slices((x_val_scaled, y_val))",
            accepts=cases.is_stream,
            steps=[
                step(
                    lambda stream: stream.cardinality().numpy() != -1,
                    "Your stream never ends, so an epoch would not end either. Leave repeat() out: "
                    "fit starts the stream anew for each epoch.",
                    make=lambda: cases.stream(endless=True),
                ),
                step(
                    lambda stream: len(stream.element_spec) == 2,
                    "The stream should give pairs: images and their labels.",
                    make=lambda: cases.stream(pairs=False),
                ),
                step(
                    lambda stream: stream.element_spec[0].shape.rank >= 3,
                    "The stream gives single images. Collect them with batch(32).",
                    make=lambda: cases.stream(batch=0),
                ),
                step(
                    lambda stream: len(next(iter(stream))[0]) == 32,
                    "A batch should hold 32 images.",
                    make=lambda: cases.stream(batch=64),
                ),
                step(
                    lambda stream: (
                        stream.element_spec[1].shape.rank == 2
                        and next(iter(stream))[1].shape[1] == 10
                    ),
                    "The labels are not one-hot: a batch of them should have the shape (32, 10). "
                    "Add a step with map and tf.one_hot.",
                    make=lambda: cases.stream(one_hot=False),
                ),
                step(
                    lambda stream: float(next(iter(stream))[0].numpy().max()) <= 1,
                    "The pixels still go up to 255. Take the scaled images, x_sorted.",
                    make=lambda: cases.stream(scaled=False),
                ),
                step(
                    lambda stream: cases.count_batches(stream) in cases.BATCHES_IN_AN_EPOCH,
                    "An epoch should bring every image once: 10,000 images make 313 batches, and "
                    "the last one holds 16. Is a part left out or repeated, or does "
                    "drop_remainder=True drop that last batch?",
                    make=lambda: cases.stream(drop_remainder=True),
                ),
                step(
                    lambda stream: len(set(cases.first_digits(stream))) >= 8,
                    "The first batches hold only a few of the ten digits, so the order is still "
                    "(nearly) sorted. Is the buffer as large as the data, and does shuffle come "
                    "before batch?",
                    make=lambda: cases.stream(batch_first=True, buffer=1),
                ),
                step(
                    lambda stream: cases.first_digits(stream) != cases.first_digits(stream),
                    "The order is the same in every epoch. shuffle draws a new one by itself, "
                    "unless it is told not to, or its result is stored by cache().",
                    make=lambda: cases.stream(reshuffle=False),
                ),
                step(
                    cases.labels_belong,
                    "Images and labels do not belong together. Take x_sorted with y_sorted.",
                    make=lambda: cases.stream(paired=False),
                ),
            ],
        ),
        insight="Every image once in an epoch, each with its own label, ten digits in the first "
        "batches, another order each time, and labels that suit categorical_crossentropy.",
        hints=(
            "Begin like make_stream. map takes a function of an image and its label, and returns "
            "the new pair.",
            "def encode(image, label): return image, tf.one_hot(label, 10)   and then "
            "stream.map(encode). Before batch, shuffle with a buffer of len(y_sorted).",
        ),
    ),
    Exercise(
        name="2.4",
        minutes=5,
        goals=(1,),
        kind=Anything(
            noun='a list of letters from "A" to "G"',
            sample='["A", "E"]',
            accepts=cases.is_letters,
            steps=[
                step(
                    lambda answer: "A" not in cases.letters(answer),
                    "255 is a property of the file format. The validation images have no influence "
                    "on it, so A does not leak.",
                    example=["A", "B"],
                ),
                step(
                    lambda answer: "C" not in cases.letters(answer),
                    "In C the copies are made after the split and of training images alone. No "
                    "validation image has a copy in the training set.",
                    example="C",
                ),
                step(
                    lambda answer: "E" not in cases.letters(answer),
                    "In E the choice is made with the validation set, and the test set is used "
                    "once, for nothing but the report. This is how it should be.",
                    example=["B", "D", "E", "F"],
                ),
                step(
                    lambda answer: "G" not in cases.letters(answer),
                    "G is a matter of luck, not of leakage: nothing of the validation images gets "
                    "into the training. The accuracy may be off a little, in either direction, and "
                    "a stratified split would have spared you that.",
                    example=["B", "D", "F", "G"],
                ),
                step(
                    lambda answer: "F" in cases.letters(answer),
                    "One is missing. In which recipe does the test set take part in a choice?",
                    example=["B", "D"],
                ),
                step(
                    lambda answer: "B" in cases.letters(answer),
                    "One is missing. In which recipe is something computed from images that are "
                    "set aside only later?",
                    example=("D", "F"),
                ),
                step(
                    lambda answer: "D" in cases.letters(answer),
                    "One is missing. For whom is the network meant, and whom does the network meet "
                    "in training?",
                    example="B, F",
                ),
            ],
        ),
        insight="B computes from later validation images, D lets the network know the writers, F "
        "chooses by the exam. In each, the figure reported can come out too good. (Our own split "
        "of MNIST is like D: MNIST does not say who wrote which image, so we could not split by "
        "writer, and the same writers are in both parts. The test set has other writers.)",
        hints=(
            "Ask of each recipe: could the training, or a choice, turn out differently if other "
            "images had been in the set that the accuracy is reported on?",
            "Three of the seven leak. One of them computes too early, one splits in the wrong "
            "unit, one chooses with the wrong set.",
        ),
    ),
    Exercise(
        name="2.5",
        minutes=8,
        goals=(1, 4),
        kind=Function(
            "split_and_augment(images, labels)",
            reference=copies.split_and_augment,
            cases=copies.cases,
            returns=copies.four_arrays,
            seconds=5.0,
        ),
        mistakes=copies.mistakes(),
        otherwise="Not yet. Try it on x_train[:1000] and y_train[:1000], and look at the four "
        "shapes.",
        insight="Split first, and stratified; then copies, of training images alone. So the "
        "validation images still measure what the network has not seen.",
        hints=(
            "train_test_split(images, labels, test_size=0.2, stratify=labels, random_state=0) "
            "makes the four arrays. Then only the two of the training set grow.",
            "A loop or a list comprehension calls write_again(image, rng) for each training "
            "image; np.concatenate([x_train, copies]) joins, and the labels are the same again.",
        ),
    ),
    Exercise(
        name="2.6",
        minutes=20,
        goals=(2,),
        kind=Anything(
            noun="a DataFrame with the columns top, seed and val_accuracy",
            sample='pd.DataFrame({"top": [1], "seed": [0], "val_accuracy": [0.5]})',
            accepts=cases.is_table,
            steps=[
                step(
                    lambda table: {"top", "seed", "val_accuracy"} <= set(table.columns),
                    "The table needs the columns top, seed and val_accuracy.",
                    make=lambda: cases.results().rename(columns={"top": "scale"}),
                ),
                step(
                    lambda table: {round(float(top), 4) for top in table["top"]} >= set(cases.TOPS),
                    "Not all five ranges are there: top should be 0.01, 0.1, 1, 10 and 255.",
                    make=lambda: cases.results(tops=cases.TOPS[:4]),
                ),
                step(
                    lambda table: table.groupby("top")["seed"].nunique().min() >= 2,
                    "One training may be luck: there should be at least two seeds for each range.",
                    make=lambda: cases.results(seeds=1),
                ),
                step(
                    lambda table: table["val_accuracy"].between(0, 1).all(),
                    "An accuracy is a number from 0 to 1 here; yours are larger. Percentages?",
                    make=lambda: cases.results(percent=True),
                ),
                step(
                    lambda table: abs(cases.mean_at(table, 1) - cases.mean_at(table, 255)) > 0.02,
                    "All ranges give nearly the same accuracy. Does each training get "
                    "x_small * top, and does it begin with a new model?",
                    make=lambda: cases.results((0.92, 0.92, 0.92, 0.92, 0.92)),
                ),
                step(
                    lambda table: cases.mean_at(table, 1) > 0.8,
                    "With pixels from 0 to 1 the network should reach more than 80 %. Do you train "
                    "for three epochs, on x_small with y_small?",
                    make=lambda: cases.results((0.1, 0.2, 0.5, 0.4, 0.3)),
                ),
                step(
                    lambda table: cases.mean_at(table, 1) > cases.mean_at(table, 0.01) + 0.05,
                    "The smallest range should do much worse than 0 to 1. Are the validation "
                    "images multiplied by top, too, and does each training begin with a new model?",
                    make=lambda: cases.results((0.91, 0.9, 0.92, 0.9, 0.6)),
                ),
            ],
        ),
        insight="In our run 255 comes last and 0.01 next to last. Too large is bad, and too small "
        "is bad, too. The optimizer changes the network by steps of much the same size whatever "
        "the inputs are, and these steps suit inputs that go up to about 1 or 10.",
        hints=(
            "Two loops: over top, and inside over seed. In the inner one: set_random_seed(seed), "
            "build_model(steps_per_execution=16), fit with x_small * top, evaluate with "
            "x_val_scaled * top, and append a dictionary with top, seed and val_accuracy to a "
            "list.",
            "_, accuracy = model.evaluate(x_val_scaled * top, y_val, verbose=0) is the accuracy, "
            "and pd.DataFrame(rows) makes the table at the end.",
        ),
    ),
]
