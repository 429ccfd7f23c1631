"""What the checks of mlp baseline compare with: solutions, plausible mistakes, cases."""

from typing import Any

from helpers.exercises.answers import read_number
from helpers.exercises.objects import Model

# --- 3.3: softmax for large logits ----------------------------------------------------------------


def softmax(logits: Any) -> Any:
    import numpy as np

    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def simple_softmax(logits: Any) -> Any:
    import numpy as np

    powers = np.exp(logits)
    return powers / powers.sum(axis=1, keepdims=True)


def softmax_less_the_largest_of_all(logits: Any) -> Any:
    return simple_softmax(logits - logits.max())


def softmax_over_everything(logits: Any) -> Any:
    import numpy as np

    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum()


def softmax_down_the_columns(logits: Any) -> Any:
    return softmax(logits.T).T


def softmax_divided_by_the_largest(logits: Any) -> Any:
    return simple_softmax(logits / logits.max(axis=1, keepdims=True))


def logits() -> list[tuple[Any, ...]]:
    import numpy as np

    return [
        (np.array([[2.0, 1.0, -1.0], [0.5, 0.5, 4.0]]),),
        (np.array([[1000.0, 999.0, 0.0]]),),
        (np.array([[1000.0, 998.0], [1.0, 2.0]]),),
        (np.array([[-1000.0, -1001.0, -1002.0]]),),
    ]


def has_nan(result: Any) -> bool:
    import numpy as np

    return bool(np.isnan(np.asarray(result.value, dtype=float)).any())


def is_nan_for_large_logits(results: list[Any]) -> bool:
    return not has_nan(results[0]) and has_nan(results[1])


def is_nan_for_mixed_rows(results: list[Any]) -> bool:
    return not any(has_nan(results[place]) for place in (0, 1)) and has_nan(results[2])


# --- 3.4: a network with one hidden layer ---------------------------------------------------------

WEIGHTS = 784 * 32 + 32 * 10
PARAMETERS = (784 + 1) * 32 + (32 + 1) * 10
WITH_BIASES_OF_INPUTS = PARAMETERS + 784

# On 10,000 images it reaches about 93 %, on the 3,600 of the sample somewhat less.
LEAST_ACCURACY = 0.85


def is_number_and_model(answer: Any) -> bool:
    if not isinstance(answer, list | tuple) or len(answer) != 2:
        return False
    read_number(answer[0])
    Model(steps=[]).read(answer[1])
    return True


def small_network(
    hidden: tuple[int, ...] = (32,),
    bend: str | None = "relu",
    outputs: str | None = "softmax",
    loss: str | None = "sparse_categorical_crossentropy",
) -> Any:
    """Return an untrained network, by default the one that is asked for."""
    import keras

    layers = [keras.layers.Dense(units, activation=bend) for units in hidden]
    model = keras.Sequential(
        [
            keras.Input(shape=(28, 28, 1)),
            keras.layers.Flatten(),
            *layers,
            keras.layers.Dense(10, activation=outputs),
        ]
    )
    if loss is not None:
        model.compile(optimizer="adam", loss=loss)
    return model


def activation_of(model: Any, place: int) -> str:
    return str(model.layers[place].activation.__name__)


def is_cross_entropy_of_classes(loss: Any) -> bool:
    """Tell whether a loss, given by name or as an object, is (sparse) categorical cross-entropy."""
    name = loss if isinstance(loss, str) else getattr(loss, "name", None) or loss.__name__
    return name.casefold().replace("_", "").endswith("categoricalcrossentropy")


# --- 3.6: three networks --------------------------------------------------------------------------

REMEDIES = ("larger network", "more epochs", "more images")


def words(text: object) -> str:
    return " ".join(str(text).split()).casefold()


def is_diagnosis(answer: Any) -> bool:
    return isinstance(answer, dict) and {"A", "B", "C"} <= set(answer)


def are_known_remedies(answer: Any) -> bool:
    return all(words(answer[name]) in REMEDIES for name in "ABC")


# --- 3.7: the interval of a mean ------------------------------------------------------------------


def interval(values: Any) -> list[float]:
    import numpy as np
    from scipy import stats

    factor = stats.t.ppf(0.975, df=len(values) - 1)
    return around_mean(values, factor * np.std(values, ddof=1) / np.sqrt(len(values)))


def around_mean(values: Any, reach: float) -> list[float]:
    import numpy as np

    return [float(np.mean(values) - reach), float(np.mean(values) + reach)]


def interval_with_factor(values: Any, factor: float) -> list[float]:
    import numpy as np

    return around_mean(values, factor * np.std(values, ddof=1) / np.sqrt(len(values)))


def interval_of_a_run(values: Any) -> list[float]:
    import numpy as np
    from scipy import stats

    return around_mean(values, stats.t.ppf(0.975, df=len(values) - 1) * np.std(values, ddof=1))


def interval_without_ddof(values: Any) -> list[float]:
    import numpy as np
    from scipy import stats

    factor = stats.t.ppf(0.975, df=len(values) - 1)
    return around_mean(values, factor * np.std(values) / np.sqrt(len(values)))


def interval_with_wrong_df(values: Any) -> list[float]:
    from scipy import stats

    return interval_with_factor(values, stats.t.ppf(0.975, df=len(values)))


def interval_for(values: Any, count: int) -> list[float]:
    """Return what comes out if the number of values is fixed, in factor and root."""
    import numpy as np
    from scipy import stats

    factor = stats.t.ppf(0.975, df=count - 1)
    return around_mean(values, factor * np.std(values, ddof=1) / np.sqrt(count))


def interval_with_root(values: Any, count: int) -> list[float]:
    """Return what comes out if the number of values is fixed in the root only."""
    import numpy as np
    from scipy import stats

    factor = stats.t.ppf(0.975, df=len(values) - 1)
    return around_mean(values, factor * np.std(values, ddof=1) / np.sqrt(count))


def interval_without_root(values: Any) -> list[float]:
    import numpy as np
    from scipy import stats

    factor = stats.t.ppf(0.975, df=len(values) - 1)
    return around_mean(values, factor * np.std(values, ddof=1) / len(values))


def interval_of_ninety_percent(values: Any) -> list[float]:
    from scipy import stats

    return interval_with_factor(values, stats.t.ppf(0.95, df=len(values) - 1))


def differences() -> list[tuple[Any, ...]]:
    import numpy as np
    import scipy.stats  # noqa: F401 (on a busy machine it outlasts the time that a function has)

    return [
        (np.array([0.4, 0.1, 0.6, -0.2, 0.3]),),
        (np.array([0.2, 0.3, 0.1, 0.4, -0.1, 0.3, 0.2, 0.5, 0.0, 0.3]),),
        (np.array([-1.0, 0.5, 2.0]),),
    ]


# --- 3.8: shuffled pixels -------------------------------------------------------------------------

COLUMNS = ("in place", "shuffled")


def is_table(answer: Any) -> bool:
    import pandas as pd

    return isinstance(answer, pd.DataFrame)


def has_columns(table: Any) -> bool:
    return all(name in table.columns for name in COLUMNS)


def are_shares(table: Any) -> bool:
    values = table[list(COLUMNS)].to_numpy(dtype=float)
    return bool(((values >= 0) & (values <= 1)).all())


def differ(table: Any) -> bool:
    return not bool((table["in place"] == table["shuffled"]).all())


def table(in_place: list[float], shuffled: list[float]) -> Any:
    import pandas as pd

    return pd.DataFrame({"in place": in_place, "shuffled": shuffled})


def make_table_of_other_columns() -> Any:
    return table([0.94, 0.95, 0.94], [0.94, 0.94, 0.95]).rename(columns={"shuffled": "mixed"})
