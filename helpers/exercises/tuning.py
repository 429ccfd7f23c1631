"""The exercises of notebook 9."""

from functools import partial

from helpers.exercises import tuning_cases as cases
from helpers.exercises.answers import Array, Number
from helpers.exercises.exercise import Exercise
from helpers.exercises.functions import Function
from helpers.exercises.kinds import Mistake
from helpers.exercises.objects import Anything, step

EXERCISES: list[Exercise] = [
    Exercise(
        name="9.1",
        minutes=1,
        goals=(1,),
        kind=Number(5, sample="7"),
        mistakes={
            60: "That is the number of trials. How often does one and the same learning rate come "
            "up among them?",
            12: "So many trials share a learning rate. How many different ones are there?",
            20: "That is the number of pairs of a learning rate and a width. Count the learning "
            "rates alone.",
            15: "That is the number of pairs of a learning rate and a dropout rate. Count the "
            "learning rates alone.",
        },
        otherwise="Not yet. Write down the learning rates of the first few trials of such a grid.",
        insight="Sixty trials, and of each hyperparameter only a handful of values. Drawn at "
        "random, sixty trials try sixty learning rates, sixty widths and sixty dropout rates.",
        hints=(
            "A grid tries each learning rate with each width and each dropout rate.",
            "The grid has three sides: 5, 4 and 3. Which one belongs to the learning rate?",
        ),
    ),
    Exercise(
        name="9.2",
        minutes=5,
        goals=(1,),
        kind=Function(
            "log_uniform(share, low, high)",
            reference=cases.log_uniform,
            cases=cases.shares,
            returns=partial(Array, tolerance=1e-9),
        ),
        mistakes=[
            Mistake(
                example=cases.uniform,
                hint="That is uniform on the plain scale: nine tenths of the values are above a "
                "tenth of high. Halfway should be the geometric mean of low and high.",
            ),
            Mistake(
                example=cases.exponent,
                hint="These are the exponents. The learning rate is 10 to that power.",
            ),
            Mistake(
                example=cases.natural_power_of_ten,
                hint="You take the natural logarithm, and then powers of 10. Use np.log with "
                "np.exp, or np.log10 with 10 **.",
            ),
            Mistake(
                example=cases.power_of_high,
                hint="Your values begin at 1. At share = 0 the value should be low.",
            ),
        ],
        otherwise="Not yet. log_uniform(0.5, 0.001, 0.1) should be 0.01: the middle, if you count "
        "in powers of ten.",
        insight="Every factor of ten gets the same number of trials. It is how sizes are drawn "
        "that matter by their ratio: learning rates, weight decay, widths.",
        hints=(
            "Draw the exponent uniformly: where is it at share = 0, and where at share = 1?",
            "The exponent is np.log10(low) + share * (np.log10(high) - np.log10(low)).",
        ),
    ),
    Exercise(
        name="9.3",
        minutes=7,
        goals=(2,),
        kind=Function(
            "optimism(chosen_by, held_out)",
            reference=cases.optimism,
            cases=cases.accuracies,
            returns=partial(Number, tolerance=1e-9, sample="0.01"),
        ),
        mistakes=[
            Mistake(
                example=cases.two_winners,
                hint="You take the best trial on each set of images. The held-out images may "
                "choose nothing: look at the same trial on both.",
            ),
            Mistake(
                example=cases.chosen_by_held_out,
                hint="You choose by the held-out images. Then they are no longer held out.",
            ),
            Mistake(
                example=cases.against_the_mean,
                hint="You compare the winner with the mean of all trials. Compare it with itself, "
                "on the other images.",
            ),
            Mistake(
                example=cases.other_sign,
                hint="The size is right. The winner looks better where it was chosen: then the "
                "optimism should be positive.",
            ),
            Mistake(
                example=cases.absolute,
                hint="By chance the winner may do better on the held-out images. Then the optimism "
                "is negative: no abs().",
            ),
        ],
        otherwise="Not yet. First find which trial wins, by chosen_by alone; then look that trial "
        "up in both arrays.",
        insight="One such difference says little, but its mean over many choices is what the "
        "winner's accuracy promises too much.",
        hints=(
            "np.argmax(chosen_by) is the number of the winner.",
            "Return chosen_by[winner] - held_out[winner].",
        ),
    ),
    Exercise(
        name="9.4",
        minutes=5,
        goals=(3,),
        kind=Number(81, sample="100"),
        mistakes={
            108: "You let each network begin anew when it goes on. It keeps its weights: from one "
            "epoch to three there are two to train.",
            729: "That is the price of training all 27 networks to the end. Most are given up.",
            40: "You count the networks in each round. How many epochs does each of them train in "
            "that round?",
            27: "That is the last network alone, or the first round alone. Add up all rounds.",
        },
        otherwise="Not yet. Make a row for each round: how many networks, and how many epochs more "
        "does each of them train?",
        insight="Each round costs about as much: 27, 18, 18 and 18 epochs. That is a ninth of what "
        "27 whole trainings cost. What it risks: a network that begins slowly is given up.",
        hints=(
            "The rounds have 27, 9, 3 and 1 networks, and end after 1, 3, 9 and 27 epochs.",
            "In the second round 9 networks train 3 - 1 = 2 epochs more: 18 in all.",
        ),
    ),
    Exercise(
        name="9.5",
        minutes=7,
        goals=(4,),
        kind=Function(
            "take_up(trials, alive)",
            reference=cases.take_up,
            cases=cases.studies,
            returns=partial(Array, tolerance=0),
        ),
        mistakes=[
            Mistake(
                example=cases.all_running,
                hint="You take trials away from workers that are alive. They would be trained "
                "twice.",
            ),
            Mistake(
                example=cases.all_of_the_dead,
                hint="You take up trials that are complete: a worker that is dead now may have "
                "finished some before.",
            ),
            Mistake(
                example=cases.the_failed,
                hint="A trial that failed has ended, and its worker could say so. Lost are those "
                "that still count as running.",
            ),
            Mistake(
                example=cases.of_the_living,
                hint="The other way round: these are the running trials whose workers are alive.",
            ),
        ],
        otherwise="Not yet. A trial is lost when its state is still RUNNING and its worker is not "
        "among those alive.",
        insight="That is all that `python -m helpers tune` looks for before each trial. The hard "
        "part is to know who is alive.",
        hints=(
            "Go through the trials with a loop; each is a dictionary.",
            'Append trial["number"] if trial["state"] == "RUNNING" and trial["worker"] not in '
            "alive.",
        ),
    ),
    Exercise(
        name="9.6",
        minutes=20,
        goals=(3,),
        kind=Anything(
            noun="a table of trials",
            sample='study.trials_dataframe(attrs=("value", "params", "intermediate_values", '
            '"state"))',
            accepts=cases.is_table_of_trials,
            steps=[
                step(
                    lambda trials: len(cases.finished(trials)) >= cases.FEWEST_TRIALS,
                    "Fewer than 10 trials are finished: study.optimize(my_objective, n_trials=10).",
                    make=lambda: cases.study(trials=5),
                ),
                step(
                    cases.searches_something_new,
                    "Your study searches what the lesson has searched. Let trial.suggest_... "
                    "propose one hyperparameter more, such as the batch size.",
                    make=lambda: cases.study(new=False),
                ),
                step(
                    cases.has_epochs,
                    "Your table lacks the epochs: take the attrs that the exercise names.",
                    make=lambda: cases.study(epochs=False),
                ),
                step(
                    cases.reported_each_epoch,
                    "Trials are finished that reported no epoch: were they really trained? Hand "
                    "ReportToOptuna(trial) to fit, as a callback.",
                    make=lambda: cases.study(reports=False),
                ),
                step(
                    lambda trials: (trials["state"] == "PRUNED").any(),
                    "No trial was pruned. Has the study a pruner, and does your callback raise "
                    "optuna.TrialPruned when trial.should_prune() says so?",
                    make=lambda: cases.study(pruned=False),
                ),
                step(
                    lambda trials: (
                        trials["value"][trials["state"] == "COMPLETE"].max() > cases.LEAST_ACCURACY
                    ),
                    "The best trial gets few validation images right. Do you return the "
                    'accuracy, has the study direction="maximize", and do the bounds leave room '
                    "for good learning rates?",
                    make=lambda: cases.study(accuracy=0.3),
                ),
            ],
        ),
        insight="Look at the importances once more: is the new one worth the trials that it costs?",
        hints=(
            "Copy objective from the lesson and add one line: a batch size is "
            'trial.suggest_categorical("batch_size", [32, 64, 128]).',
            "Create the study as in the lesson, with MedianPruner(n_startup_trials=4), and hand "
            "the proposed batch size to fit.",
        ),
    ),
]
