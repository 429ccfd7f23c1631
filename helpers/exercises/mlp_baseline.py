"""The exercises of notebook 3."""

from helpers.exercises.answers import Number
from helpers.exercises.exercise import Exercise

EXERCISES: list[Exercise] = [
    Exercise(
        name="3.1",
        minutes=1,
        goals=(1,),
        kind=Number(7850),
        mistakes={
            7840: "Close. Each unit has a bias, too.",
            794: "You have counted the weights of one unit and ten biases. How many units are "
            "there?",
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
]
