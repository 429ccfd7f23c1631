"""The exercises of notebook 10."""

from functools import partial

from helpers.exercises import deployment_cases as cases
from helpers.exercises.answers import Array, Number
from helpers.exercises.exercise import Exercise
from helpers.exercises.functions import Function
from helpers.exercises.kinds import Mistake

EXERCISES: list[Exercise] = [
    Exercise(
        name="10.1",
        minutes=1,
        goals=(1,),
        kind=Number(474_120, sample="123_456"),
        mistakes={
            118_530: "That would be one byte for each weight. A float32 has 32 bits: how many "
            "bytes are they?",
            118_530 * 32: "Those are bits. Eight of them make a byte.",
            118_530 * 8: "That would be float64, with eight bytes each.",
            474.12: "That is in kB. The answer is asked for in bytes.",
            0.47412: "That is in MB. The answer is asked for in bytes.",
        },
        otherwise="Not yet. How many bits has a float32, and how many bytes are they?",
        insight="Four bytes each: not quite half a megabyte. A single photo of a phone takes more.",
        hints=(
            "The 32 in float32 counts bits.",
            "Eight bits are a byte, so each weight takes 32 / 8 bytes.",
        ),
    ),
    Exercise(
        name="10.2",
        minutes=5,
        goals=(1,),
        kind=Function(
            "preprocess(images)",
            reference=cases.preprocess,
            cases=cases.images,
            returns=cases.NetworkInput,
        ),
        mistakes=[
            Mistake(
                example=cases.unscaled,
                hint="The type and the shape are right, but the network was trained on values "
                "between 0 and 1. No runtime will tell you.",
            ),
            Mistake(
                example=cases.inverted,
                hint="These images have white ink on black already, as MNIST has them. They must "
                "not be inverted.",
            ),
            Mistake(
                example=cases.by_the_largest_pixel,
                hint="Divide by 255 always, and not by the brightest pixel that happens to be "
                "there: a faint image should stay faint, as in training.",
            ),
            Mistake(
                example=cases.divided_by_256,
                hint="Divide by the largest value that a uint8 can have: 255, not 256.",
            ),
        ],
        otherwise="Not yet. Three things: numbers between 0 and 1, float32, and a last axis for "
        "the one channel.",
        insight="Two lines that this file does not carry. Whoever gets the network gets this "
        "function, too.",
        hints=(
            "Look at scale from helpers.preprocessing, which you have used since notebook 2: what "
            "does it do to the values, and what to the shape?",
            "images.astype('float32') / 255, and then one more axis at the end: [..., np.newaxis].",
        ),
    ),
    Exercise(
        name="10.3",
        minutes=5,
        goals=(2,),
        kind=Number(57_000, tolerance=10, sample="1_000"),
        mistakes={
            57: "Look at the units: the start is in seconds, an image in milliseconds.",
            114_000: "You divide by A's 0.05 ms. B needs time for each image as well: what "
            "does A save with each one?",
            38_000: "You divide by B's 0.15 ms. A needs time for each image as well: what does A "
            "save with each one?",
            60_000: "You take A's whole 6 seconds. B has to start, too: how much later is A ready?",
            28_500: "You add the times for an image. What counts is the difference.",
        },
        otherwise="Not yet. How many seconds later is A ready, and how many does it catch up with "
        "each image?",
        insight="5.7 seconds, caught up by 0.1 ms each. For a folder of 1,000 images B is done "
        "before A has started; for a million, A wins. Ask what is asked of the program first.",
        hints=(
            "A starts 5.7 seconds later. With each image it catches up by 0.1 milliseconds.",
            "5.7 seconds are 5,700 milliseconds. How often does 0.1 go into them?",
        ),
    ),
    Exercise(
        name="10.4",
        minutes=10,
        goals=(3,),
        kind=Function(
            "quantise(weights, bits)",
            reference=cases.quantise,
            cases=cases.weights,
            returns=partial(Array, tolerance=1e-6),
        ),
        mistakes=[
            Mistake(
                example=cases.one_step_for_all,
                hint="One step for the whole array, as in rounded. Take the largest weight of each "
                "channel: a maximum over all axes but the last.",
            ),
            Mistake(
                example=cases.first_axis,
                hint="You give each place on the *first* axis a step. The output channels are on "
                "the last axis.",
            ),
            Mistake(
                example=cases.only_the_first_axis_together,
                hint="max(axis=0) joins one axis only. A convolution has three axes before the "
                "last: hand max a tuple of them.",
            ),
            Mistake(
                example=cases.integers_only,
                hint="Those are the integers. The network computes with weights: multiply by the "
                "step again.",
            ),
            Mistake(
                example=cases.without_sign,
                hint="You use 2**bits - 1 steps on each side of zero. One of the bits is needed "
                "for the sign: the largest integer is 2**(bits - 1) - 1.",
            ),
            Mistake(
                example=cases.one_too_many,
                hint="Your largest integer is 2**(bits - 1), 128 for 8 bits. A signed integer of 8 "
                "bits ends at 127.",
            ),
            Mistake(
                example=cases.truncated,
                hint="You cut off the digits behind the point (astype does that), and so all "
                "weights move towards zero. Round to the nearest integer first: np.round.",
            ),
            Mistake(
                example=cases.by_the_largest_value,
                hint="Your step comes from the largest weight. A negative one may be larger by its "
                "absolute value: np.abs(weights).max().",
            ),
        ],
        otherwise="Not yet. Try it on np.array([[-1.0, 0.2], [0.5, 0.1]]) with 3 bits: the largest "
        "integer is 3, so the steps are 1/3 and 0.2/3.",
        insight="This is what a weight-only quantiser does. A channel with small weights gets "
        "small steps, and so less error.",
        hints=(
            "rounded shows the rest: what has to become an array with one entry for each channel?",
            "np.abs(weights).max(axis=tuple(range(weights.ndim - 1))) is the largest weight of "
            "each channel. Dividing by it works channel by channel, since they are on the last "
            "axis.",
        ),
    ),
    Exercise(
        name="10.5",
        minutes=20,
        goals=(4,),
        kind=Function(
            "status(data)",
            reference=cases.status,
            cases=cases.requests,
            returns=partial(Number, sample="404"),
            seconds=10,
        ),
        mistakes=[
            Mistake(
                example=cases.unpacks_first,
                hint="You unpack the picture before you look at its size. A bomb has gone off by "
                "then: compare image.size first, and call load() afterwards.",
            ),
            Mistake(
                example=cases.header_only,
                hint="A file that broke off passes your check: open() reads only the first bytes. "
                "Call image.load() once you know that it is small enough.",
            ),
            Mistake(
                example=cases.forgets_pillows_own,
                hint="For really large pictures Pillow raises a DecompressionBombError in open(), "
                "before you have seen the size. That is a 413, too.",
            ),
            Mistake(
                example=cases.too_strict,
                hint="Exactly 4,000,000 pixels are still allowed: *more than* 4 megapixels are "
                "too many.",
            ),
            Mistake(
                example=cases.longest_side,
                hint="You judge by one side. A picture of 3,000 by 1,000 pixels is allowed: "
                "multiply the two.",
            ),
            Mistake(
                example=cases.by_file_size,
                hint="The length of the file says little about the pixels: that is the trick of a "
                "bomb. Look at image.size.",
            ),
        ],
        otherwise="Not yet. Go through the three cases one by one: b'Hello!' is a 415, a small PNG "
        "a 200, and a white image of 3,000 by 3,000 pixels a 413.",
        insight="Look at the header, decide, and only then unpack: a service must never do work "
        "for a request before it knows how much.",
        hints=(
            "Three steps in this order: open (fails: 415), compare width * height (too many: 413), "
            "load (fails: 415). What is left is a 200.",
            "Pillow's errors for broken files are OSError, and sometimes SyntaxError; "
            "Image.DecompressionBombError is neither, so it needs an except of its own.",
        ),
    ),
]
