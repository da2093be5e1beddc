"""The examples run from a fresh folder, and what they claim is so."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.shown

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"


def run(script, folder, preamble=""):
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    environment = {
        **os.environ,
        "XLA_FLAGS": "",  # it is more to compute than to compile
        "MPLBACKEND": "Agg",
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
    }
    start = f"import runpy; runpy.run_path({str(script)!r}, run_name='__main__')"
    return subprocess.run(
        [sys.executable, "-c", f"{preamble}\n{start}"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def table_of(output):
    """Name to [accuracy, parameters, bytes, ...] of the table that was printed."""
    rows = re.findall(r"^([A-Za-z][\w ]*?)\s{2,}(\d[\d,. ]+)$", output, re.MULTILINE)
    return {
        name: [float(number.replace(",", "")) for number in numbers.split()]
        for name, numbers in rows
    }


@pytest.fixture(scope="module")
def quickstart(tmp_path_factory):
    folder = tmp_path_factory.mktemp("quickstart")
    done = run(EXAMPLES / "quickstart.py", folder)
    assert done.returncode == 0, done.stderr
    return done.stdout, folder


def test_quickstart_writes_its_two_files_and_no_other(quickstart):
    _, folder = quickstart
    assert sorted(os.listdir(folder)) == ["best_model.joblib", "quickstart.png"]
    assert (folder / "quickstart.png").read_bytes().startswith(b"\x89PNG")


def test_quickstart_prints_a_row_for_every_model(quickstart):
    assert list(table_of(quickstart[0])) == [
        "CNN",
        "shared weights",
        "distilled CNN",
        "parallel fusion",
        "serial fusion",
        "stacked fusion",
        "student",
        "tuned CNN",
    ]


def test_quickstart_models_are_good(quickstart):
    accuracies = {name: row[0] for name, row in table_of(quickstart[0]).items()}
    assert min(accuracies.values()) > 0.95
    assert max(accuracies.values()) > 0.98


def test_quickstart_student_is_small_and_as_good_as_its_teacher(quickstart):
    output, _ = quickstart
    table = table_of(output)
    teacher = re.search(r"Distilling the (\w+ fusion)", output)[1]
    assert table["student"][1] * 10 <= table[teacher][1]
    assert table["student"][0] >= table[teacher][0] - 0.01


def test_quickstart_checks_the_saved_model_in_a_new_process(quickstart):
    assert "The loaded model gives the same probabilities." in quickstart[0]


def test_quickstart_shows_progress(quickstart):
    assert len(re.findall(r"^\[ *\d+\.\d s\]", quickstart[0], re.MULTILINE)) > 12


def test_quickstart_without_the_plot_extra_says_so(tmp_path):
    hide = (
        "import importlib.util as u; find = u.find_spec; "
        "u.find_spec = lambda name, *a: None if name == 'pandas' else find(name, *a)"
    )
    done = run(EXAMPLES / "quickstart.py", tmp_path, hide)
    assert done.returncode == 1
    assert "needs pandas: pip install 'skopt-nn[plot]'" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def columns(output, names):
    """The rows of a printed frame, name to numbers."""
    found = {}
    for name in names:
        numbers = re.search(rf"^{re.escape(name)}\s+([\d.e+ ]+)$", output, re.MULTILINE)
        found[name] = [float(number) for number in numbers[1].split()]
    return found


def test_shared_weights_store_a_quarter_of_a_cnn(tmp_path):
    done = run(EXAMPLES / "plot_shared_weights.py", tmp_path)
    assert done.returncode == 0, done.stderr
    rows = columns(done.stdout, ["CNN", "shared weights"])
    assert rows["shared weights"][1] * 4 < rows["CNN"][1]
    assert rows["shared weights"][0] >= rows["CNN"][0] - 0.01


def test_the_student_is_ten_times_smaller_and_as_good(tmp_path):
    done = run(EXAMPLES / "plot_distillation.py", tmp_path)
    assert done.returncode == 0, done.stderr
    rows = columns(done.stdout, ["teacher: parallel fusion", "student"])
    teacher, student = rows["teacher: parallel fusion"], rows["student"]
    assert student[1] * 10 <= teacher[1]
    assert student[0] >= teacher[0] - 0.01


def test_conformal_intervals_hold_what_they_promise(tmp_path):
    done = run(EXAMPLES / "plot_intervals.py", tmp_path)
    assert done.returncode == 0, done.stderr
    alone, conformal = re.findall(r"([\d.]+)% of the test rows inside", done.stdout)
    assert float(alone) < 90 <= float(conformal)


def numbers(tmp_path, name, *patterns):
    """The numbers that an example prints behind some words."""
    done = run(EXAMPLES / name, tmp_path)
    assert done.returncode == 0, done.stderr
    return [float(re.search(rf"{of}([\d.]+)", done.stdout)[1]) for of in patterns]


def test_a_network_reads_digits_anywhere_and_a_forest_does_not(tmp_path):
    names = "network: ", "forest: "
    network, forest = numbers(tmp_path, "plot_images.py", *names)
    assert network > 0.95 > 0.7 > forest


def test_shapes_of_waves_are_told_apart(tmp_path):
    names = "network: ", "neighbours: "
    network, neighbours = numbers(tmp_path, "plot_series.py", *names)
    assert network > 0.95 > 0.8 > neighbours


def test_a_tone_is_heard_to_rise_and_fall(tmp_path):
    (score,) = numbers(tmp_path, "plot_sound.py", "^")
    assert score > 0.95


def test_a_network_reads_what_a_bag_of_words_cannot(tmp_path):
    bag, network = numbers(tmp_path, "plot_text.py", "words: ", "network: ")
    assert network > 0.95 > 0.6 > bag


def test_a_network_has_a_smaller_error_than_trees_on_a_smooth_table(tmp_path):
    names = "network: root mean squared error ", "trees: root mean squared error "
    network, trees = numbers(tmp_path, "plot_table.py", *names)
    assert network < trees


def test_a_small_student_stands_in_for_boosted_trees(tmp_path):
    done = run(EXAMPLES / "plot_boosted_trees.py", tmp_path)
    assert done.returncode == 0, done.stderr
    rows = columns(done.stdout, ["boosted trees", "student"])
    trees, student = rows["boosted trees"], rows["student"]
    assert student[0] > trees[0] - 0.01
    assert student[2] * 3 < trees[2]


def test_a_cascade_is_as_right_and_asks_the_large_ones_seldom(tmp_path):
    names = "all members: ", "cascade: ", "asked about "
    whole, cascade, asked = numbers(tmp_path, "plot_cascade.py", *names)
    assert cascade > whole - 0.005
    assert asked < 40


def test_searches_find_better_settings_than_the_middle_one(tmp_path):
    names = r"halving: .*\}, ", "study: ", "best of the study ", "median "
    halving, study, best, median = numbers(tmp_path, "plot_tuning.py", *names)
    assert min(halving, study) > 0.95
    assert best > median + 0.05


def test_a_taught_keras_model_is_better_than_alone(tmp_path):
    names = "alone: ", "taught: ", ": alone ", ", taught "
    found = numbers(tmp_path, "plot_keras_student.py", *names)
    alone, taught, alike, taught_alike = found
    assert taught > alone
    assert taught_alike > alike


def test_calibration_and_a_threshold_help(tmp_path):
    done = run(EXAMPLES / "plot_calibration.py", tmp_path)
    assert done.returncode == 0, done.stderr
    rows = columns(done.stdout, ["network", "calibrated"])
    assert rows["calibrated"][2] < rows["network"][2] / 2
    half, tuned = (int(n) for n in re.findall(r": costs (\d+)", done.stdout))
    assert tuned < half


def test_every_example_is_run_here():
    text = Path(__file__).read_text()
    assert [path.name for path in EXAMPLES.glob("*.py") if path.name not in text] == []


def test_the_readme_shows_the_table_that_the_quickstart_prints(quickstart):
    """Times and a row or two of accuracy depend on the machine; the rest does not."""
    printed = table_of(quickstart[0])
    shown = table_of((ROOT / "README.md").read_text())
    assert list(shown) == list(printed)
    for name, (accuracy, parameters, *_) in printed.items():
        assert shown[name][1] == parameters
        assert shown[name][0] == pytest.approx(accuracy, abs=0.01)
