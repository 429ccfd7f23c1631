"""The exercises of notebook 6."""

from functools import partial

from helpers.exercises import custom_images_cases as cases
from helpers.exercises.answers import Array, Choice, Number, Shape
from helpers.exercises.exercise import Exercise
from helpers.exercises.functions import Function
from helpers.exercises.kinds import Mistake
from helpers.exercises.objects import Anything, step

EXERCISES: list[Exercise] = [
    Exercise(
        name="6.1",
        minutes=1,
        goals=(2,),
        kind=Shape((480, 640, 3), sample="(200, 100, 3)"),
        mistakes={
            (640, 480, 3): "NumPy counts rows first. How many rows does a picture of that height "
            "have?",
            (480, 640): "Those are the pixels. How many numbers does imread keep for each of them?",
            (640, 480): "Rows come first, and each pixel has more than one number.",
            (3, 480, 640): "The channels come last in OpenCV.",
            (480, 640, 1): "One number for each pixel would be greyscale. By default imread keeps "
            "colour.",
        },
        otherwise="Not yet. Look at the shape that was printed above: rows, columns, channels.",
        insight="480 rows, 640 columns, three channels. Only OpenCV's own sizes, as in cv2.resize, "
        "are given as (width, height).",
        hints=(
            "The sample picture is as wide as high. Think of an array as a table: which comes "
            "first, rows or columns?",
            "A picture 480 high has 480 rows. There are three numbers for each pixel.",
        ),
    ),
    Exercise(
        name="6.2",
        minutes=5,
        goals=(2,),
        kind=Function(
            "to_batch(image)",
            reference=cases.as_batch,
            cases=cases.images,
            returns=partial(Array, tolerance=1e-3),
        ),
        mistakes=[
            Mistake(
                example=lambda image: image[None, :, :, None],
                hint="The shape is right. But the network was trained on numbers from 0 to 1.",
            ),
            Mistake(
                example=lambda image: image[:, :, None] / 255,
                hint="That is one image with its channel. The batch needs an axis, too, in front.",
            ),
            Mistake(
                example=lambda image: image[None] / 255,
                hint="That is a batch of one image, but the channel has no axis yet: it comes "
                "last.",
            ),
            Mistake(
                example=lambda image: image / 255,
                hint="The numbers are right, the two axes of length 1 are missing.",
            ),
            Mistake(
                example=lambda image: image[None, :, :, None] // 255,
                hint="// drops everything after the decimal point: every grey becomes 0. Use /.",
            ),
            Mistake(
                example=lambda image: 1 - image[None, :, :, None] / 255,
                hint="Do not invert here: the image that the function is given is light on dark.",
            ),
        ],
        otherwise="Not yet. Print the shape and the smallest and largest number that your function "
        "returns.",
        insight="The network sees a batch, even if it is a batch of one.",
        hints=(
            "Indexing with np.newaxis (or None) adds an axis of length 1 in that place; so does "
            "reshape.",
            "You need one new axis in front and one at the end: [np.newaxis, :, :, np.newaxis]. "
            "And what was done to pixels in notebook 2?",
        ),
    ),
    Exercise(
        name="6.3",
        minutes=1,
        goals=(1,),
        kind=Choice("C", options=("A", "B", "C", "D"), sample='"A"'),
        mistakes={
            "A": "After resizing, a digit that takes a tenth of the photo is three pixels high, "
            "and the table is part of the image, too.",
            "B": "Card is grey. What does grey become when it is inverted, and what does MNIST "
            "have there?",
            "D": "Chalk is light on dark already. What does inverting make of it?",
        },
        otherwise="Choose one of the four letters.",
        insight="White paper becomes black, and the digit is large and in the middle: hardly any "
        "domain shift. On such pictures the usual way works, and we will see it do so below.",
        hints=(
            "Go through the steps for each picture: what does the image look like after resizing "
            "and inverting?",
            "MNIST's form has a black background, and the digit fills 20 of 28 pixels.",
        ),
    ),
    Exercise(
        name="6.4",
        minutes=8,
        goals=(2,),
        kind=Function(
            "light_ink(photo)",
            reference=cases.light_ink,
            cases=cases.boards,
            returns=Array,
        ),
        mistakes=[
            Mistake(
                example=cases.mask_and_level,
                when=lambda results: isinstance(results[0].value, tuple),
                hint="cv2.threshold returns two things, the level and the mask. Asked is the mask.",
            ),
            Mistake(
                example=lambda photo: cases.light_ink(photo) > 0,
                when=lambda results: results[0].value.dtype == bool,
                hint="The right kind of thing, but of True and False. Chalk is 255, the rest 0.",
            ),
            Mistake(
                example=cases.without_inverting,
                hint="The closing was used on a dark board, so it kept the chalk and closed away "
                "what is narrow between its strokes. What must be done to the greys first?",
            ),
            Mistake(
                example=cases.without_the_light,
                hint="Where the window lights the board, your function takes bare board for chalk. "
                "Compare each pixel with the board around it: paper_of, then cv2.divide.",
            ),
            Mistake(
                example=lambda photo: 255 - cases.light_ink(photo),
                hint="Here the board is 255 and the chalk 0. It should be the other way round.",
            ),
            Mistake(
                example=lambda photo: cases.light_ink(photo) // 255,
                hint="The right pixels. But chalk should be 255, and here it is 1.",
            ),
            Mistake(
                example=cases.board_contrast,
                hint="That is the contrast, a picture with many greys. A threshold makes the mask "
                "of it.",
            ),
        ],
        otherwise="Not yet. Draw what your function returns for blackboard.png: which pixels are "
        "wrong?",
        insight="Inverted, chalk on a board is ink on paper, and your steps for paper do the rest.",
        hints=(
            "The steps for paper are: grey, the paper's brightness by a closing, division, Otsu's "
            "threshold. They want dark ink on light paper. Which operation on the greys makes that "
            "of chalk on a board?",
            "255 - cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY) is the inverted grey picture. Then "
            "come 255 - cv2.divide(grey, paper_of(grey), scale=255) and cv2.threshold, of whose "
            "two results you return the second.",
        ),
    ),
    Exercise(
        name="6.5",
        minutes=5,
        goals=(4,),
        kind=Number(59.5, tolerance=0.6, sample="12.5"),
        mistakes=[
            Mistake(
                example=16,
                when=lambda value: abs(value - 16) < 0.1,
                hint="That is the share of scribbles that are confident. Asked is the share of "
                "confident predictions that are scribbles.",
            ),
            Mistake(
                example=14.4,
                when=lambda value: abs(value - 14.4) < 0.2,
                hint="144 of all 1,000 drawings are confident scribbles. But divide by the "
                "*confident* drawings only.",
            ),
            Mistake(
                example=14.0,
                when=lambda value: abs(value - 14.0) < 0.2,
                hint="This would hold for as many digits as scribbles. Here there are nine times "
                "as many scribbles.",
            ),
            Mistake(
                example=0.595,
                when=lambda value: abs(value - 0.595) < 0.006,
                hint="The right fraction. The question asks for per cent.",
            ),
            Mistake(
                example=40.5,
                when=lambda value: abs(value - 40.5) < 0.6,
                hint="That is the share of digits among the confident predictions. What is the "
                "rest?",
            ),
            Mistake(
                example=144,
                when=lambda value: abs(value - 144) < 1,
                hint="So many scribbles are confident. And how many digits? Asked is a percentage "
                "of both together.",
            ),
        ],
        otherwise="Not yet. Count drawings: how many of the 900 scribbles are confident, and how "
        "many of the 100 digits?",
        insight="144 of 98 + 144. The threshold is the same as before, and more than half of what "
        "it lets through is wrong: what a confidence is worth depends on what comes in.",
        hints=(
            "Work with numbers of drawings, not with shares: 1,000 drawings come in.",
            "98 digits and 0.16 × 900 scribbles are confident. Which part of them are scribbles?",
        ),
    ),
    Exercise(
        name="6.6",
        minutes=5,
        goals=(2,),
        kind=Anything(
            noun="an image as a NumPy array",
            sample="mnist_image(photo)",
            accepts=cases.is_image,
            steps=[
                step(
                    lambda answer: cases.pixels_of(answer).shape == (28, 28),
                    "An image in MNIST's form has the shape (28, 28), with or without axes of "
                    "length 1. Hand in the image, not the photo.",
                    make=cases.colour_photo,
                ),
                step(
                    lambda answer: cases.pixels_of(answer).max() > cases.pixels_of(answer).min(),
                    "All pixels of this image are equal: there is no ink in it. Look at the mask.",
                    make=lambda: cases.bar(0, 0, 0, 0),
                ),
                step(
                    lambda answer: (
                        cases.pixels_of(answer)[0].mean() < 0.5 * cases.pixels_of(answer).max()
                    ),
                    "This image is dark on light. MNIST is light on dark.",
                    make=lambda: cases.bar(4, 12, 20, 4, ink=0, paper=255),
                ),
                step(
                    lambda answer: cases.pixels_of(answer).max() >= 0.5 * cases.brightest(answer),
                    "The digit is very faint: its brightest pixel should be near 255 (or 1). Was "
                    "the threshold applied?",
                    make=lambda: cases.bar(4, 12, 20, 4, ink=60),
                ),
                step(
                    lambda answer: 18 <= cases.longer_side(answer) <= 22,
                    "The longer side of the digit should be about 20 pixels. Crop to the ink "
                    "before you resize.",
                    make=lambda: cases.bar(10, 12, 8, 3),
                ),
                step(
                    lambda answer: cases.distance_from_middle(answer) <= 1.5,
                    "The centre of mass is not in the middle, at (14, 14). Move it there with "
                    "moments and warpAffine.",
                    make=lambda: cases.bar(1, 2, 20, 4),
                ),
            ],
        ),
        insight="Your picture is in MNIST's form: light on black, 20 pixels long, its mass in the "
        "middle. If the prediction is wrong now, it is the network's fault.",
        hints=(
            "imread, COLOR_BGR2RGB, mnist_image: three calls. Without a camera at hand, take "
            "another picture from IMAGES_FOLDER.",
            "Draw what you get between the steps: grey, contrast, mask. The step at which the "
            "digit is lost is the one to mend.",
        ),
    ),
    Exercise(
        name="6.7",
        minutes=20,
        goals=(3,),
        kind=Anything(
            noun="a dictionary {share: accuracy}",
            sample="{0.25: 0.5}",
            accepts=cases.is_curve,
            steps=[
                step(
                    cases.of_curve(lambda curve: all(0 < share <= 1 for share in curve)),
                    "A share lies between 0 and 1: a kernel of 80 pixels in a photo of 320 is "
                    "0.25.",
                    example={80: 0.9},
                ),
                step(
                    cases.of_curve(lambda curve: all(0 <= each <= 1 for each in curve.values())),
                    "Give accuracies as fractions from 0 to 1: photos read correctly, divided by "
                    "photos.",
                    example={0.25: 190},
                ),
                step(
                    cases.of_curve(lambda curve: len(curve) >= cases.FEWEST_SHARES),
                    "Two or three points make no curve. Try at least "
                    f"{cases.FEWEST_SHARES} shares.",
                    example={0.1: 0.9, 0.25: 0.95},
                ),
                step(
                    cases.of_curve(
                        lambda curve: min(curve) <= cases.SMALL and max(curve) >= cases.LARGE
                    ),
                    f"Go to the extremes: one share of at most {cases.SMALL}, one of at least "
                    f"{cases.LARGE}.",
                    example={0.1: 0.9, 0.2: 0.95, 0.25: 0.95, 0.3: 0.95, 0.4: 0.9},
                ),
                step(
                    cases.of_curve(lambda curve: max(curve.values()) >= cases.GOOD),
                    "Even your best share reads few photos. Are the predictions compared with the "
                    'labels in df_val["label"]?',
                    example={0.02: 0.1, 0.1: 0.1, 0.2: 0.12, 0.25: 0.1, 0.6: 0.1},
                ),
                step(
                    cases.of_curve(lambda c: c[min(c)] < max(c.values()) - cases.COLLAPSE),
                    "With so small a kernel the closing should leave the strokes in the paper, and "
                    "the accuracy should collapse. Is the share really handed on to mnist_image?",
                    example={0.02: 0.97, 0.1: 0.97, 0.2: 0.97, 0.25: 0.97, 0.6: 0.97},
                ),
                step(
                    cases.of_curve(
                        lambda curve: (
                            cases.PLATEAU[0] <= cases.best_share(curve) <= cases.PLATEAU[1]
                        )
                    ),
                    "Your best share is at an extreme; there should be a better one between. Try "
                    "more shares there.",
                    example={0.02: 0.5, 0.05: 0.6, 0.08: 0.8, 0.5: 0.95, 0.6: 0.9},
                ),
                step(
                    cases.of_curve(cases.is_measured),
                    "Some of your shares were measured again, on the same photos, with another "
                    "accuracy. Make the images with mnist_image(photo, share), all photos of "
                    "df_val, and compare the predictions with its labels.",
                    example={0.02: 0.4, 0.05: 0.7, 0.15: 0.9, 0.25: 0.99, 0.6: 0.98},
                ),
            ],
        ),
        insight="A kernel that is too small takes strokes for paper, one that is too large takes "
        "shadows for ink. In between lies a plateau, and a value from its middle is safe: no need "
        "to hunt for the very best.",
        hints=(
            "Loop over the shares. For each one, make the images of all validation photos with "
            "mnist_image(photo, share), predict, and compare with the labels.",
            'accuracy[share] = (predict_digits(images) == df_val["label"]).mean() is the last '
            "line of the loop. Shares to try: 0.02, 0.05, 0.1, 0.2, 0.25, 0.35, 0.5, 0.8.",
        ),
    ),
]
