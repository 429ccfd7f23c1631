"""The lists of packages agree with each other, with the lock and with what the code imports."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from helpers.authoring.notebooks import read_notebook
from helpers.paths import PROJECT_FOLDER

# What students install, and what authors and continuous integration do.
LISTS = ("requirements.txt", "requirements-dev.txt")
LOCK_OF = {"requirements.txt": "requirements.lock", "requirements-dev.txt": "requirements-dev.lock"}
CONDA = yaml.safe_load((PROJECT_FOLDER / "environment.yml").read_text(encoding="utf-8"))
PROJECT = tomllib.loads((PROJECT_FOLDER / "pyproject.toml").read_text(encoding="utf-8"))

# Used without being imported: started as programs, or loaded as plug-ins.
NOT_IMPORTED = {
    "jupyterlab",
    "myst-nb",
    "nbval",
    "import-linter",
    "mypy",
    "pre-commit",
    "psycopg",
    "pytest-cov",
    "pytest-xdist",
    "ruff",
    "sphinx",
    "sphinx-book-theme",
    "tensorboard",
    "tf2onnx",
}
# Measured beside ours where somebody has it; nothing needs it.
OPTIONAL = {"rapidocr-onnxruntime"}


def text_of(name: str) -> str:
    return (PROJECT_FOLDER / name).read_text(encoding="utf-8")


def requirement_lines(name: str) -> list[str]:
    """The lines of a list that name a package, comment included."""
    lines = text_of(name).splitlines()
    return [line for line in lines if line.strip() and not line.startswith(("#", "-"))]


def requirements(*names: str) -> dict[str, Requirement]:
    found = [
        Requirement(line.split("#")[0].strip())
        for name in names or LISTS
        for line in requirement_lines(name)
    ]
    return {canonicalize_name(requirement.name): requirement for requirement in found}


def locked(name: str) -> dict[str, str]:
    pins = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", text_of(name), re.MULTILINE)
    return {canonicalize_name(package): version for package, version in pins}


def test_every_package_has_a_compatible_release_pin() -> None:
    for requirement in requirements().values():
        assert [pin.operator for pin in requirement.specifier] == ["~="], requirement


@pytest.mark.parametrize("name", [*LISTS, "requirements-serve.txt"])
def test_every_package_has_a_reason(name: str) -> None:
    for line in requirement_lines(name):
        _, _, reason = line.partition("  # ")
        assert len(reason.split()) >= 2, line


def test_no_package_is_listed_twice() -> None:
    assert sum(len(requirement_lines(name)) for name in LISTS) == len(requirements())
    assert "-r requirements.txt" in text_of("requirements-dev.txt").splitlines()


def test_what_serves_is_part_of_it_with_the_same_pins() -> None:
    serving = requirements("requirements-serve.txt")
    students = requirements("requirements.txt")
    assert set(serving) < set(students)
    assert all(serving[name] == students[name] for name in serving)
    assert not {"tensorflow", "keras", "scipy", "pandas"} & set(serving)
    assert "-e ." in text_of("requirements-serve.txt").splitlines()


def test_the_packages_of_the_series_are_there() -> None:
    assert set(requirements("requirements.txt")) >= {
        "tensorflow",
        "numpy",
        "pandas",
        "matplotlib",
        "seaborn",
        "jupyterlab",
        "nbval",
        "scikit-learn",
        "opencv-python-headless",
        "mlxtend",
        "pytest",
    }


def test_conda_installs_the_same() -> None:
    by_pip = next(entry["pip"] for entry in CONDA["dependencies"] if isinstance(entry, dict))
    named = {str(Requirement(line)) for line in by_pip if not line.startswith("-")}
    assert named == {str(requirement) for requirement in requirements("requirements.txt").values()}
    assert "-e ." in by_pip
    assert "-e ." in text_of("requirements.txt").splitlines()


def test_conda_takes_the_same_pythons() -> None:
    python = next(entry for entry in CONDA["dependencies"] if str(entry).startswith("python"))
    ours = set(PROJECT["project"]["requires-python"].split(","))
    assert set(python.removeprefix("python").split(",")) == ours


@pytest.mark.parametrize("name", LISTS)
def test_lock_keeps_to_the_pins(name: str) -> None:
    versions = locked(LOCK_OF[name])
    for package, requirement in requirements(name).items():
        assert package in versions, f"{package} is not locked: run `make lock`"
        assert requirement.specifier.contains(versions[package]), requirement


def test_both_locks_hold_the_same_versions() -> None:
    students, authors = (locked(LOCK_OF[name]) for name in LISTS)
    assert students.items() <= authors.items()


def test_students_install_no_tools_of_the_tests() -> None:
    tools = set(requirements("requirements-dev.txt")) - {"httpx", "psutil", "pyyaml", "packaging"}
    assert len(tools) > 5
    assert not tools & set(locked("requirements.lock"))


@pytest.mark.parametrize("name", LOCK_OF.values())
def test_every_locked_package_has_hashes(name: str) -> None:
    entries = re.split(r"\n(?=[A-Za-z0-9])", text_of(name))
    packages = [entry for entry in entries if "==" in entry.split("\n")[0]]
    assert len(packages) == len(re.findall(r"^[A-Za-z0-9._-]+==", text_of(name), re.MULTILINE))
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}", entry) for entry in packages)


@pytest.mark.parametrize("name", LOCK_OF.values())
def test_lock_tells_nothing_of_the_machine_that_made_it(name: str) -> None:
    assert not re.search(r"https?://|file:|--index|--find-links|/home/|/root/", text_of(name))


def test_installed_versions_are_the_locked_ones_or_allowed() -> None:
    """CI installs the lock; once a week, and with plain pip, the newest that the pins allow."""
    from importlib.metadata import version

    for requirement in requirements().values():
        assert requirement.specifier.contains(version(requirement.name)), requirement


def test_this_python_is_among_those_promised() -> None:
    from packaging.specifiers import SpecifierSet

    promised = SpecifierSet(PROJECT["project"]["requires-python"])
    assert promised.contains(".".join(map(str, sys.version_info[:3])))


def test_import_works_in_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import subprocess

    monkeypatch.chdir(tmp_path)
    code = "import helpers, pathlib; print(pathlib.Path(helpers.__file__).parent)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    assert Path(done.stdout.strip()) == PROJECT_FOLDER / "helpers"


# --- what the code imports ------------------------------------------------------------------------


def sources(*folders: str) -> Iterator[tuple[str, str]]:
    """Yield the name and text of every Python file, and notebook, in folders of the project."""
    for folder in folders:
        for path in sorted((PROJECT_FOLDER / folder).rglob("*.py")):
            yield str(path.relative_to(PROJECT_FOLDER)), path.read_text(encoding="utf-8")
        for path in sorted((PROJECT_FOLDER / folder).rglob("*.ipynb")):
            for cell in read_notebook(path).cells:
                if cell.cell_type == "code":
                    code = "\n".join(
                        line for line in cell.source.splitlines() if line[:1] not in ("%", "!", "?")
                    )
                    yield path.name, code


def imported_packages(*folders: str) -> dict[str, str]:
    """Return the distribution of every module that is imported, and one place of it."""
    distributions = packages_distributions()
    own = {path.stem for path in (PROJECT_FOLDER / "tests").glob("*.py")}
    own |= {path.stem for path in (PROJECT_FOLDER / "benchmarks").glob("*.py")}
    own |= {"helpers", "tests", "support", "web", "benchmarks"}
    found: dict[str, str] = {}
    for place, text in sources(*folders):
        for module in _imported_modules(ast.parse(text)):
            if module not in sys.stdlib_module_names and module not in own:
                for distribution in distributions.get(module, [module]):
                    found.setdefault(canonicalize_name(distribution), f"{module} in {place}")
    return found


def _imported_modules(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.partition(".")[0]
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.importorskip":
            yield ast.literal_eval(node.args[0]).partition(".")[0]


STUDENTS_FOLDERS = ("helpers", "notebooks")
AUTHORS_FOLDERS = ("tests", "benchmarks", "images")
# Only who trains the networks that ship needs what it imports.
FOR_RELEASES = "helpers/authoring/onnx_file.py"


def test_students_have_what_the_lessons_and_helpers_import() -> None:
    required = requirements("requirements.txt")
    missing = {
        name: place
        for name, place in imported_packages(*STUDENTS_FOLDERS).items()
        if name not in required and not place.endswith(FOR_RELEASES)
    }
    assert missing == {}


def test_authors_have_what_the_tests_and_benchmarks_import() -> None:
    imported = imported_packages(*STUDENTS_FOLDERS, *AUTHORS_FOLDERS)
    missing = set(imported) - set(requirements()) - OPTIONAL
    assert {name: imported[name] for name in missing} == {}


def test_everything_that_is_required_is_used() -> None:
    students = set(imported_packages(*STUDENTS_FOLDERS))
    authors = set(imported_packages(*AUTHORS_FOLDERS))
    assert set(requirements("requirements.txt")) - students - NOT_IMPORTED == set()
    assert set(requirements()) - students - authors - NOT_IMPORTED == set()


WORKFLOWS = sorted((PROJECT_FOLDER / ".github" / "workflows").glob("*.yml"))


def jobs_of(name: str) -> dict[str, dict]:
    return yaml.safe_load(text_of(f".github/workflows/{name}"))["jobs"]


@pytest.mark.parametrize(("name", "job"), [("ci.yml", "tests"), ("weekly.yml", "newest")])
def test_continuous_integration_covers_the_oldest_and_the_newest_python(
    name: str, job: str
) -> None:
    described = jobs_of(name)[job]
    assert described["strategy"]["matrix"]["python"] == ["3.11", "3.13"]
    assert any(".ci/run" in step.get("run", "") for step in described["steps"])


def test_the_long_jobs_wait_for_the_short_one() -> None:
    jobs = jobs_of("ci.yml")
    assert {name for name, job in jobs.items() if job.get("needs") == "quick"} == set(jobs) - {
        "quick"
    }
    assert any(step.get("run") == "make quick" for step in jobs["quick"]["steps"])


def test_windows_and_macos_are_tried() -> None:
    smoke = jobs_of("ci.yml")["smoke"]
    assert smoke["strategy"]["matrix"]["system"] == ["windows-latest", "macos-latest"]
    lines = [step.get("run", "") for step in smoke["steps"]]
    assert "python -m helpers run 01" in lines
    assert "python -m helpers predict images/seven.jpg" in lines
    assert (PROJECT_FOLDER / "images" / "seven.jpg").is_file()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_hash(path: Path) -> None:
    used = re.findall(r"uses: (.*)", path.read_text(encoding="utf-8"))
    assert used
    for action in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


def test_hooks_check_what_make_style_checks() -> None:
    (local,) = yaml.safe_load(text_of(".pre-commit-config.yaml"))["repos"]
    programs = {hook["entry"].split()[0] for hook in local["hooks"]} - {"npm"}
    style = re.search(r"^style:.*\n((?:\t.*\n)+)", text_of("Makefile"), re.MULTILINE)
    assert style
    of_make = set(re.findall(r"\$\(IN_ENVIRONMENT\)/(\S+)", style[1]))
    assert {program.removeprefix(".venv/bin/") for program in programs} == of_make
