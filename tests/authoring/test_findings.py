"""What the prose of lessons says of all of MNIST is what their stored outputs show.

In the lessons themselves stand assertions that hold on the 5,000 sample images, too; with so few
validation images some differences are no longer more than chance.
"""

import re
from itertools import pairwise

import pytest

from helpers.authoring.notebooks import find_notebooks, read_notebook
from support.notebook_conventions import code_cells, output_texts

LESSONS = {path.stem[:2]: path for path in find_notebooks()}


def shown(number: str) -> str:
    """Return all text that the cells of a lesson show."""
    cells = code_cells(read_notebook(LESSONS[number]))
    return "\n".join(text for cell in cells for text in output_texts(cell))


def numbers(pattern: str, number: str) -> list[float]:
    """Return the groups of a pattern that occurs once among the outputs of a lesson."""
    (found,) = re.findall(pattern, shown(number))
    return [float(text) for text in ([found] if isinstance(found, str) else found)]


def test_softmax_is_better_than_sigmoid_by_more_than_chance() -> None:
    low, high = numbers(r"95 % interval ([+-][\d.]+) to ([+-][\d.]+) points", "03")
    assert 0 < low < high


def test_altered_copies_help_with_each_seed() -> None:
    least, most = numbers(r"on average, (-?[\d.]+) to (-?[\d.]+) with single seeds", "02")
    assert 0 < least < most


def test_most_turned_nines_are_classified_as_6_with_each_seed() -> None:
    least, most = numbers(r"turned nines, (\d+)% to (\d+)% are classified as 6", "02")
    assert 50 < least <= most


@pytest.mark.parametrize("name", ["textbook network", "nearest neighbour"])
def test_the_recap_of_notebook_3_quotes_what_was_measured(name: str) -> None:
    (accuracy,) = numbers(rf"{name} +([\d.]+)\n", "03")
    recap = read_notebook(LESSONS["03"]).cells[-1].source
    assert f"{accuracy} %" in recap


def test_with_more_hidden_units_the_worst_seed_beats_the_best_with_fewer() -> None:
    rows = re.findall(r"\n\d+ +(8|32|128|512) +([\d.]+) +[\d.]+ +([\d.]+)", shown("03"))
    ranges = {int(units): (float(worst), float(best)) for units, worst, best in rows}
    assert sorted(ranges) == [8, 32, 128, 512]
    for fewer, more in pairwise(sorted(ranges)):
        assert ranges[fewer][1] < ranges[more][0]


def test_more_networks_together_make_fewer_errors() -> None:
    one, two, five = numbers(
        r"\n1 +([\d.]+) +\d+ +\d+\n2 +([\d.]+) .*\n3 .*\n4 .*\n5 +([\d.]+) ", "08"
    )
    assert five < two < one


def test_an_epoch_of_the_convolutional_network_beats_twenty_of_the_dense_one() -> None:
    dense, convolutional = numbers(
        r"dense network, 20 epochs: +([\d.]+)% wrong\n.*1 epoch: +([\d.]+)% wrong", "08"
    )
    assert convolutional < dense


def test_five_looks_spare_errors_and_are_just_not_sure() -> None:
    mean, low, high = numbers(
        r"five looks minus one: (-?[\d.]+) errors, 95 % interval (-?[\d.]+) to \+([\d.]+)", "08"
    )
    assert low < mean < -5
    assert 0 < high < 1


def test_the_worst_seed_in_order_beats_the_best_shuffled_one() -> None:
    (worst,) = numbers(r"convolutional in order +[\d.]+ +([\d.]+) +[\d.]+", "04")
    (best,) = numbers(r"convolutional in order .*\n +shuffled +[\d.]+ +[\d.]+ +([\d.]+)", "04")
    assert best < worst - 0.02


def test_mistakes_meet_fewer_pairs_than_chance_would() -> None:
    (pairs,) = numbers(r"pairs that occur: (\d+) of 90", "05")
    low, _ = numbers(r"in 95 % of the cases (\d+) to (\d+)", "05")
    assert pairs < low


def test_two_networks_share_far_more_mistakes_than_two_coins() -> None:
    (shared,) = numbers(r"mistakes, the MLP shares (\d+)", "05")
    (by_chance,) = numbers(r"two unrelated coins would share about ([\d.]+)", "05")
    assert shared > 10 * by_chance


@pytest.mark.parametrize("change", ["shifted by 2 pixels", "turned by 30°", "blurred, σ = 1"])
def test_augmentation_helps_against_what_resembles_it(change: str) -> None:
    _, high, low, _ = numbers(rf"{change} +([\d.]+) to ([\d.]+) +([\d.]+) to ([\d.]+)", "11")
    assert high < low


def test_strong_noise_is_read_better_without_augmentation() -> None:
    low, _, _, high = numbers(r"noise, σ = 0.4 +([\d.]+) to ([\d.]+) +([\d.]+) to ([\d.]+)", "11")
    assert high < low


def test_fine_tuning_with_ten_images_is_worse_than_none_and_with_a_thousand_best() -> None:
    (as_it_ships,) = numbers(r"without any of these images: ([\d.]+)", "11")
    ten, _, head_of_ten = numbers(r"\n10 +(0\.\d+) +(0\.\d+) +(0\.\d+)\n100 .*\n1000 +0.9", "11")
    thousand, scratch, head = numbers(r"\n1000 +(0\.9\d+) +(0\.9\d+) +(0\.9\d+)\n", "11")
    assert ten < as_it_ships < head_of_ten < thousand
    assert max(scratch, head) < thousand


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_fine_tuning_costs_some_of_mnist(seed: int) -> None:
    (before,) = numbers(r"as it ships: ([\d.]+)% wrong", "11")
    (after,) = numbers(rf"fine-tuned, seed {seed}: ([\d.]+)% wrong", "11")
    assert after >= 2 * before


def test_a_network_that_saw_no_mirrored_clothes_does_not_know_them() -> None:
    pattern = r"clothes False +as they are +(0\.\d+) .*\n +mirrored +(0\.\d+) "
    as_they_are, mirrored = numbers(pattern, "11")
    assert mirrored < as_they_are - 0.2
    last = shown("11").rpartition("clothes False")[2].partition("True")[2]
    pair = re.search(r"as they are +(0\.\d+) .*\n +mirrored +(0\.\d+)", last)
    assert pair is not None
    assert abs(float(pair[1]) - float(pair[2])) < 0.05


def test_mirrored_digits_cost_accuracy() -> None:
    row = r"as they are +0\.\d+ +(0\.\d+) +(0\.\d+)"
    low, _, _, high = numbers(rf"digits +False +{row}\n.*\n +True +{row}", "11")
    assert high < low
