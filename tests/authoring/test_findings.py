"""What the prose of lessons says of all of MNIST is what their stored outputs show.

In the lessons themselves stand assertions that hold on the 5,000 sample images, too; with so few
validation images some differences are no longer more than chance.
"""

import re
from itertools import pairwise

import pytest

from helpers.authoring.notebooks import find_notebooks, read_notebook
from helpers.evaluation import mcnemar
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


def test_pixels_without_ink_lie_in_the_three_outermost_rows_and_columns() -> None:
    never, outer = numbers(
        r"(\d+) of 784 pixels .*\n(\d+) of them lie in the three outermost", "03"
    )
    assert never == outer > 0


def test_three_seeds_do_not_show_that_a_second_layer_helps() -> None:
    mean, reach = numbers(r"mean \+([\d.]+) ± ([\d.]+) points, with the factor 4.30", "03")
    assert 0 < mean < reach


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
        r"dense network, 20 epochs: +([\d.]+)% wrong.*\n.*1 epoch: +([\d.]+)% wrong", "08"
    )
    assert convolutional < dense


def test_the_intervals_of_one_epoch_and_of_twenty_overlap() -> None:
    of_dense, of_convolutional = numbers(
        r"dense network, 20 epochs: .* interval ([\d.]+)% .*\n.*1 epoch: .* to ([\d.]+)%\)", "08"
    )
    assert of_dense < of_convolutional


def test_only_augmentation_keeps_clear_of_the_other_intervals() -> None:
    plain, cycle_low, cycle_high, augmented = numbers(
        r"plain recipe: .* interval ([\d.]+)% .*\none-cycle and AdamW: .* interval ([\d.]+)% to "
        r"([\d.]+)%\)\nwith augmentation: .* to ([\d.]+)%\)",
        "08",
    )
    assert augmented < min(plain, cycle_low)
    assert cycle_high > plain  # "the two intervals overlap"


def test_no_step_of_the_ladder_gains_as_much_as_batch_normalisation() -> None:
    assert "largest gain: batch normalisation, 3.2 points" in shown("08")


def test_averaged_weights_keep_clear_of_the_last_ones() -> None:
    last, averaged = numbers(
        r"last weights: .* interval ([\d.]+)% .*\naveraged weights: .* to ([\d.]+)%\)", "08"
    )
    assert averaged < last


def test_the_recap_of_notebook_8_quotes_the_share_of_the_layers() -> None:
    (share,) = numbers(r"share of the layers: (\d+)%", "08")
    assert "three quarters of the gain" in read_notebook(LESSONS["08"]).cells[-1].source
    assert round(share / 25) == 3


def test_of_five_looks_one_cannot_tell() -> None:
    low, high = numbers(
        r"five looks minus one: .* errors, 95 % interval ([+-][\d.]+) to ([+-][\d.]+)", "08"
    )
    assert low < 0 < high


def test_the_gradient_of_a_huge_learning_rate_ends_where_the_text_says() -> None:
    (last,) = numbers(r"rate 1: last step with a gradient above 0.001: (\d+)", "07")
    (text,) = [
        cell.source for cell in read_notebook(LESSONS["07"]).cells if "two spikes" in cell.source
    ]
    assert f"from step {last + 1:.0f} on nothing is left" in text


def test_the_text_names_the_networks_that_never_beat_guessing() -> None:
    (line,) = re.findall(r"never above 15 % in validation: (.*)", shown("07"))
    (text,) = [
        cell.source for cell in read_notebook(LESSONS["07"]).cells if "never leave" in cell.source
    ]
    *first, last = re.findall(r"(\d+):", line)
    assert f"{', '.join(first)} and {last}" in text


def test_logits_taken_for_probabilities_are_nearly_all_cut_off_in_the_end() -> None:
    before, after = numbers(
        r"before training: ([\d.]+)% of the outputs .*\nafter training: ([\d.]+)% of the", "07"
    )
    assert 50 < before < 95 < after


def test_the_four_least_confident_groups_of_the_small_network_promise_too_much() -> None:
    rows = re.findall(r"\n\d +\d+ +1000 +[\d.]+ +([\d.]+) +[\d.]+ +([\d.]+)", shown("05"))
    assert len(rows) == 4
    assert all(float(high) < float(confidence) for confidence, high in rows)


def test_mistakes_meet_fewer_pairs_than_chance_would() -> None:
    (pairs,) = numbers(r"pairs that occur: (\d+) of 90", "05")
    low, _ = numbers(r"in 95 % of the cases (\d+) to (\d+)", "05")
    assert pairs < low


def test_two_networks_share_far_more_mistakes_than_two_coins() -> None:
    (shared,) = numbers(r"mistakes, the MLP shares (\d+)", "05")
    (by_chance,) = numbers(r"two unrelated coins would share about ([\d.]+)", "05")
    assert shared > 10 * by_chance


def points_of_augmentation(change: str) -> list[float]:
    """Return what augmentation gains with each seed, and mean and interval of these."""
    return numbers(rf"\n{change}" + r" +(-?[\d.]+)" * 8, "11")


@pytest.mark.parametrize("change", ["shifted by 2 pixels", "turned by 30°", "blurred, σ = 1 px"])
def test_augmentation_helps_with_each_seed(change: str) -> None:
    *gains, _, low, _ = points_of_augmentation(change)
    assert min(gains) > 0
    assert low > 0


def test_augmentation_helps_most_against_blur_and_low_contrast() -> None:
    changes = ["shifted by 2 pixels", "shifted by 4 pixels", "turned by 15°", "turned by 30°"]
    changes += ["noise, σ = 20 %", "noise, σ = 40 %", "inverted"]
    most = max(points_of_augmentation(change)[5] for change in changes)
    for change in ["blurred, σ = 1 px", "blurred, σ = 2 px", "half the contrast"]:
        assert points_of_augmentation(change)[5] > most


def test_augmentation_harms_under_strong_noise() -> None:
    *_, high = points_of_augmentation("noise, σ = 40 %")
    assert high < 0


def test_the_winner_by_hand_keeps_its_promise_on_held_out_images() -> None:
    (promised,) = numbers(r"the winner, where it was chosen: ([\d.]+)% right", "09")
    low, high = numbers(r"on held-out images: .*interval ([\d.]+)% to ([\d.]+)%", "09")
    assert low < promised < high


def test_a_lower_grid_finds_no_good_learning_rate() -> None:
    best = max(numbers(r"0\.00032 +64 .* (0\.\d+)\n1 +0\.10000 +64 .* (0\.\d+)\n", "09"))
    (by_chance,) = numbers(r"best trial of six by chance: ([\d.]+)%", "09")
    assert 100 * best < by_chance - 5


def test_six_draws_hit_the_good_learning_rates_nearly_twice_as_often_as_a_grid_of_three() -> None:
    grid, grid_by_formula = numbers(r"grid of three: (\d+)% .* formula (\d+)%", "09")
    drawn, drawn_by_formula = numbers(r"six by chance: (\d+)% .* formula (\d+)%", "09")
    assert (grid, drawn) == (grid_by_formula, drawn_by_formula)
    assert 1.8 < drawn / grid < 2


def test_four_times_as_many_images_halve_the_selection_bias_at_least() -> None:
    drops = numbers(r"\n25 +([\d.]+) .*\n100 +([\d.]+) .*\n400 +([\d.]+) .*\n1600 +([\d.]+) ", "09")
    few, more, many, most = drops
    assert more < few / 2
    assert many < more / 2
    assert most < many


def test_fine_tuning_costs_some_of_mnist() -> None:
    (before,) = numbers(r"as it ships: ([\d.]+)% wrong", "11")
    mean, margin = numbers(r"fine-tuned: ([\d.]+)% wrong, mean .*± ([\d.]+)%", "11")
    assert mean - margin > before
    assert mean >= 2 * before


def test_exported_networks_differ_by_less_than_a_millionth() -> None:
    runtimes = r"\n(?:SavedModel|onnxruntime|OpenCV|LiteRT) +0 +(\d\.\d+e-\d+)"
    differences = [float(text) for text in re.findall(runtimes, shown("10"))]
    assert len(differences) == 4
    assert max(differences) < 1e-6


def test_four_bits_lose_nothing_that_shows_and_three_do() -> None:
    four, three = numbers(r"\n4 +0\.99.* ([\d.]+)\n3 +0\.99.* ([\d.]+)\n2 +", "10")
    assert three < 0.01 < 0.2 < four


def test_the_ablation_of_notebook_8_leaves_one_loss_and_six_intervals_around_zero() -> None:
    assert "6 of 10 intervals contain zero; after Holm holds: without affine" in shown("08")


def test_of_what_augmentation_gains_only_the_shifts_hold_after_holm() -> None:
    assert "after Holm hold: shifted by 2 pixels, shifted by 4 pixels" in shown("11")


def test_no_careless_input_owes_its_place_to_chance() -> None:
    rows = re.findall(
        r"\n.*(?:255|white|exchanged|training) +0\.\d+ +([\d.]+)% to ([\d.]+)%", shown("10")
    )
    intervals = sorted((float(low), float(high)) for low, high in rows)
    assert len(intervals) == 4
    assert all(less[1] < more[0] for less, more in pairwise(intervals))


def test_the_recap_of_notebook_8_says_how_many_comparisons_hold() -> None:
    (held,) = numbers(r"; (\d) of 5 hold after Holm", "08")
    recap = read_notebook(LESSONS["08"]).cells[-1].source
    words = ["none", "one", "two", "three", "four", "all"]
    assert f"{words[int(held)]} of the five comparisons" in recap


def test_the_winner_of_optuna_is_better_image_by_image() -> None:
    won, lost, p = numbers(
        r"winner only: (\d+) images, with the other one only: (\d+), p = (.*)", "09"
    )
    assert won > lost
    assert p == round(mcnemar(int(won), int(lost)), 3) < 0.005


def test_dropout_and_batch_normalisation_lower_the_validation_loss_with_every_seed() -> None:
    found = [float(loss) for loss in re.findall(r"seed \d: validation loss ([\d.]+)", shown("04"))]
    plain, dropout, normalised = found[:5], found[5:10], found[10:]
    assert len(normalised) == 5
    assert all(less < more for less, more in zip(dropout, plain, strict=True))
    assert all(less < more for less, more in zip(normalised, plain, strict=True))


def test_the_plain_network_learns_its_thousand_images_almost_by_heart() -> None:
    plain, dropout = numbers(r"training loss +([\d.]+) +([\d.]+)", "04")
    assert plain < 0.05 < dropout


def test_the_worst_seed_in_order_beats_the_best_shuffled_one() -> None:
    (worst,) = numbers(r"convolutional in order +[\d.]+ +([\d.]+) +[\d.]+", "04")
    (best,) = numbers(r"convolutional in order .*\n +shuffled +[\d.]+ +[\d.]+ +([\d.]+)", "04")
    assert best < worst - 0.04  # "more than four points"


def test_the_pipeline_loses_two_images_of_mnist_which_may_be_chance() -> None:
    won, lost, p_value = numbers(r"pipeline wins (\d+) and loses (\d+): p-value ([\d.]+)", "06")
    assert (won, lost) == (0, 2)
    assert p_value > 0.05
