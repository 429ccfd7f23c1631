"""Exercises: ``check("3.1", answer)``, ``hint("3.1")`` and ``solution("3.1")``.

How to write an exercise
------------------------

1. An entry in ``EXERCISES`` of the notebook's module here, ``mlp_baseline.py`` for notebook 3. Its
   name is given once and never changes: new exercises get new numbers. Import keras, pandas and
   the like inside functions, so that ``import helpers.exercises`` costs nothing.
2. Its cells in ``notebooks/solutions/03_mlp_baseline.ipynb``, tagged ``exercise-3.1``: one markdown
   cell (the text), the stub (ends in ``check("3.1", answer)``), and the worked solution, tagged
   ``solution`` as well. Cells at the top tagged ``setup`` define what they need.
3. A markdown cell tagged ``exercise-3.1`` where the exercise belongs in the lesson.
   ``python -m helpers.authoring.exercises 03`` replaces it by text and stub.
4. ``pytest tests/exercises tests/authoring/test_exercises.py -k 3.1``: every mistake's example must
   give its hint.

A number. Mistakes are a dictionary from the wrong value to its hint; ``sample`` may replace the 42
of "for example answer = 42.", and ``tolerance`` allows for a prediction::

    Exercise(
        name="3.1",
        minutes=1,
        goals=(1,),
        kind=Number(7850),
        mistakes={7840: "Close. Each unit has a bias, too."},
        otherwise="Not yet. Start with one unit: how many numbers does it multiply?",
        insight="784 weights and one bias for each of the ten units: (784 + 1) × 10.",
        hints=("A unit has one weight for each pixel.", "Do not forget the ten biases."),
    )

A function. ``reference`` is right by definition, ``cases`` are tuples of arguments, ``returns``
makes the kind that compares results. A mistake's example is a wrong function: whoever behaves like
it gets the hint. Endless loops, exceptions, ``exit()``, printing, a forgotten ``return`` and
changed arguments have sentences of their own; the stub is ``def ink(image): ...``::

    Exercise(
        name="1.3",
        minutes=5,
        goals=(2,),
        kind=Function(
            "ink(image)",
            reference=lambda image: image.mean() / 255,
            cases=_images,  # def _images() -> list[tuple[Any, ...]], imports numpy inside
            returns=Number,  # or functools.partial(Array, tolerance=0.01), ...
        ),
        mistakes=[
            Mistake(
                example=lambda image: image.mean(),
                hint="Black is 255 here. The ink of an all-white image should be 1.",
            ),
            Mistake(
                when=lambda results: any(result.value > 1 for result in results),
                example=lambda image: image.sum() / 255,
                hint="A share is at most 1. Divide by the number of pixels.",
            ),
        ],
        otherwise="Not yet. Try it on an image that is all black: the ink should be 0.",
        insight="The mean of the pixels is the sum divided by 784.",
        hints=("Which method adds up and divides in one go?", "Divide by the largest value."),
    )

Mistakes are tried in order: the particular one first. The right answer always wins. Other kinds:
``Choice`` (a word), ``Shape``, ``Array`` (lists and arrays of numbers) and ``Number`` are in
``answers``, ``Function`` in ``functions``, ``Table`` (pandas), ``Model`` (Keras) and ``Anything``
in ``objects``; the last two take ``steps``, each a condition and its hint. ``Mistake`` is in
``kinds``, ``Exercise`` in ``exercise``.
"""

from helpers.exercises.chapters import ExerciseError, find_exercise, solution_cells
from helpers.exercises.running import running_shell

__all__ = ["check", "hint", "solution"]

_hints_seen: dict[str, int] = {}


def check(name: str = "", answer: object = ...) -> None:
    """Print whether an answer is right, and if not, what is wrong with it.

    Args:
        name: the exercise, such as ``"3.1"``.
        answer: your answer; anything may be handed in.
    """
    try:
        exercise = find_exercise(name)
    except ExerciseError as error:
        print(error)
        return
    print(f"{exercise.name}  {exercise.judge(answer).text}")


def hint(name: str = "", step: int | None = None) -> None:
    """Print help: the first step, and when called again the second.

    Args:
        name: the exercise, such as ``"3.1"``.
        step: the number of the step that you want; by default the next one.
    """
    try:
        exercise = find_exercise(name)
    except ExerciseError as error:
        print(error)
        return
    count = len(exercise.hints)
    if step is None:
        step = min(_hints_seen.get(exercise.name, 0) + 1, count)
    elif type(step) is not int or not 1 <= step <= count:
        print(
            f"{exercise.name}  There are {count} hints: "
            f'hint("{exercise.name}", 1) and hint("{exercise.name}", {count}).'
        )
        return
    _hints_seen[exercise.name] = step
    print(f"{exercise.name}  Hint {step} of {count}. {exercise.hints[step - 1]}")


def solution(name: str = "") -> None:
    """Show the worked solution.

    Args:
        name: the exercise, such as ``"3.1"``.
    """
    try:
        cells = solution_cells(find_exercise(name).name)
    except ExerciseError as error:
        print(error)
        return
    if running_shell() is None:
        print("\n\n".join(text for _, text in cells))
        return
    from IPython.display import display

    for kind, text in cells:
        markdown = f"```python\n{text}\n```" if kind == "code" else text
        display({"text/markdown": markdown, "text/plain": text}, raw=True)
