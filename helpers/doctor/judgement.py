"""What the facts mean: a line for each, whether all is well, and if not, what to do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from helpers.doctor.facts import GATHER_SECONDS, LAST_SECONDS, Facts

Level = Literal["ok", "look", "bad"]

OLDEST_PYTHON, NEWEST_PYTHON = (3, 11), (3, 13)
# What the packages take, and what is left for a student's own files.
PACKAGES_GIGABYTES = 4.0
WORK_GIGABYTES = 1.0
# Machines that are sold with 4 or 8 GB show a little less.
LEAST_MEMORY, ENOUGH_MEMORY = 3.5, 7.0
SLOW_START_SECONDS = 10.0
CLOCK_OFF_SECONDS = 300.0
PATIENCE = f"{GATHER_SECONDS - LAST_SECONDS:.0f} seconds"

INSTALL = "make run, or: pip install -r requirements.txt (README, Without make)"
INSTALL_EXACTLY = "python -m pip install -r requirements.lock"
TRY_A_NOTEBOOK = "run notebook 1 here: if it reaches its end, this machine will do"


@dataclass(frozen=True)
class Line:
    """One line of the doctor's.

    Attributes:
        level: "ok", "look" (the class will do, but look at it) or "bad".
        subject: what it is about.
        finding: what is so.
        remedy: what to do, "" if nothing.
    """

    level: Level
    subject: str
    finding: str
    remedy: str = ""


def judge(facts: Facts) -> list[Line]:
    """Return a line for each subject; a rule that fails is a line, too."""
    lines = []
    for subject, rule in _RULES.items():
        reason = facts.unknown.get(subject)
        if not reason:
            try:
                lines += [Line(level, subject, *rest) for level, *rest in rule(facts)]
                continue
            except Exception as error:
                reason = f"{type(error).__name__}: {error}"[:120]
        lines.append(Line("look", subject, f"could not be found out ({reason})", TRY_A_NOTEBOOK))
    return lines


Findings = Iterator[tuple[Level, str] | tuple[Level, str, str]]


def _python(facts: Facts) -> Findings:
    version = ".".join(map(str, facts.python))
    if not OLDEST_PYTHON <= facts.python[:2] <= NEWEST_PYTHON:
        yield "bad", f"{version}", "install Python 3.11, 3.12 or 3.13, and make .venv with it"
    elif facts.bits != 64:
        yield (
            "bad",
            f"{version}, but of 32 bits",
            "install the Python of 64 bits: TensorFlow has no other",
        )
    elif not facts.in_environment:
        yield (
            "look",
            f"{version}, outside of an environment",
            "start it as .venv/bin/python (Windows: .venv\\Scripts\\python)",
        )
    else:
        yield "ok", version


def _system(facts: Facts) -> Findings:
    name = f"{facts.system} on {facts.machine}"
    if facts.system == "Darwin" and facts.machine == "x86_64":
        yield (
            "bad",
            name,
            "there is no current TensorFlow for Macs with Intel processors: use Colab",
        )
    elif facts.system == "Windows" and facts.machine.lower() == "arm64":
        yield "bad", name, "there is no TensorFlow for Windows on ARM: use Colab"
    else:
        yield "ok", name


def _packages(facts: Facts) -> Findings:
    packages = facts.packages or []
    missing = [each.name for each in packages if not each.found]
    others = [each for each in packages if each.found not in ("", each.wanted)]
    if not packages:
        yield "look", "requirements.lock names none", "fetch the series again"
    elif missing:
        yield "bad", f"{len(missing)} of {len(packages)} are missing: {_some(missing)}", INSTALL
    elif others:
        shown = [f"{each.name} {each.found} (tested: {each.wanted})" for each in others]
        yield (
            "look",
            f"{len(others)} of {len(packages)} differ: {_some(shown)}",
            f"{INSTALL_EXACTLY}; until then, last digits of results may differ",
        )
    else:
        yield "ok", f"all {len(packages)}, as in requirements.lock"


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (" ..." if len(names) > 3 else "")


def _disk(facts: Facts) -> Findings:
    free = facts.free_gigabytes or 0.0
    installed = all(each.found for each in facts.packages or ())
    needed = WORK_GIGABYTES + (0 if installed and facts.packages else PACKAGES_GIGABYTES)
    if free < needed:
        yield "bad", f"{free:.1f} GB free; {needed:.0f} are needed", "delete something"
    else:
        yield "ok", f"{free:.1f} GB free"


def _memory(facts: Facts) -> Findings:
    memory = facts.memory_gigabytes or 0.0
    if memory < LEAST_MEMORY:
        yield "bad", f"{memory:.1f} GB", "too little for training beside a browser: use Colab"
    elif memory < ENOUGH_MEMORY:
        yield "look", f"{memory:.1f} GB", "close other programs; one notebook at a time"
    else:
        yield "ok", f"{memory:.1f} GB"


def _processor(facts: Facts) -> Findings:
    if facts.avx is False:
        yield (
            "bad",
            "it has no AVX, without which TensorFlow ends Python at once",
            "use Colab, or another machine; predict and serve work",
        )
    elif facts.avx:
        yield "ok", "AVX is there"
    else:
        yield (
            "ok",
            "one that needs no AVX"
            if "arm" in facts.machine.lower() or "aarch" in facts.machine.lower()
            else "whether it has AVX can't be seen; the next line tells",
        )


def _runtime_library(facts: Facts) -> Findings:
    if not facts.runtime_library:
        yield (
            "bad",
            "msvcp140_1.dll is missing",
            "install Microsoft's Visual C++ Redistributable (x64)",
        )


def _imports(facts: Facts) -> Findings:
    trial = facts.trials.get("imports", {"late": True})
    if "error" in trial:
        yield "bad", f"the lessons' packages can't be imported: {trial['error']}", INSTALL
    elif "exit" in trial:
        yield (
            "bad",
            f"TensorFlow ended Python (exit status {trial['exit']})",
            "see the processor above; else install the packages anew",
        )
    elif "late" in trial:
        yield (
            "look",
            f"importing TensorFlow takes more than {PATIENCE}",
            "a virus scanner or a slow disk? The second time is faster",
        )
    elif trial["seconds"] > SLOW_START_SECONDS:
        yield "look", f"TensorFlow starts, in {trial['seconds']:.0f} s", "the second time is faster"
    else:
        yield "ok", f"TensorFlow starts, in {trial['seconds']:.0f} s"


def _kernel(facts: Facts) -> Findings:
    trial = facts.trials.get("kernel", {"late": True})
    if "error" in trial or "exit" in trial:
        why = trial.get("error") or f"exit status {trial['exit']}"
        yield "bad", f"no notebook can run here: {why}", INSTALL
    elif "late" in trial:
        yield (
            "look",
            f"a kernel takes more than {PATIENCE} to start",
            "a virus scanner or a firewall? Allow Python to talk to 127.0.0.1",
        )
    elif trial.get("status") != "ok":
        yield "bad", "a kernel starts, but does not compute", INSTALL
    else:
        yield "ok", f"a notebook's Python starts, in {trial['seconds']:.0f} s"


def _fonts(facts: Facts) -> Findings:
    trial = facts.trials.get("fonts", {"late": True})
    if "error" in trial or "exit" in trial:
        yield (
            "look",
            "the figures' font, DejaVu Sans, is not found",
            "install matplotlib anew; figures take another font meanwhile",
        )
    elif "late" in trial:
        yield (
            "look",
            "Matplotlib is still making its list of fonts",
            "once only: run the doctor again",
        )
    else:
        yield "ok", "DejaVu Sans is there"


def _ports(facts: Facts) -> Findings:
    if not facts.loopback:
        yield (
            "bad",
            "programs can't reach each other on 127.0.0.1",
            "a firewall? Jupyter and make app need it",
        )
    elif 8000 in facts.taken_ports:
        yield (
            "look",
            "8000 is taken by another program",
            "make app PORT=8001, or: python -m helpers serve --port 8001",
        )
    elif facts.taken_ports:
        yield "ok", "8000 is free; 8888 is taken, JupyterLab takes the next one"
    else:
        yield "ok", "8000 and 8888 are free"


def _browser(facts: Facts) -> Findings:
    if facts.browser:
        yield "ok", "there is one"
    else:
        yield "look", "none was found", "install one, or copy the address that make lab prints"


def _data(facts: Facts) -> Findings:
    if facts.data_problem:
        yield (
            "bad",
            facts.data_problem,
            "" if ":" in facts.data_problem else "see README, Without a network",
        )
    elif facts.data:
        where = {"file": "in the file that MNIST_NPZ names", "keras": "in Keras's folder"}
        yield "ok", f"MNIST is here, {where[facts.data]}"
    elif facts.network:
        yield (
            "look",
            "MNIST is not here yet",
            'fetch it now: python -c "import helpers; helpers.load_mnist()"',
        )
    elif facts.sample:
        yield (
            "look",
            "no MNIST and no network: lessons will use 5,000 images",
            "bring mnist.npz on a stick (README, Without a network)",
        )
    else:
        yield "bad", "no MNIST, no network, and no package with 5,000 images", INSTALL


def _network(facts: Facts) -> Findings:
    if facts.network:
        yield "ok", "the internet is there"
    else:
        yield "look", "no internet", "nothing needs it once packages and MNIST are here"


def _writing(facts: Facts) -> Findings:
    if facts.unwritable:
        yield (
            "bad",
            f"can't write to {', '.join(facts.unwritable)}",
            "copy the series into your own folder, or set HELPERS_BUILD",
        )
    else:
        yield "ok", "notebooks, results and settings can be saved"


def _clock(facts: Facts) -> Findings:
    off = facts.clock_off_seconds
    if facts.clock_behind:
        yield (
            "bad",
            "it is behind: this copy of the series is younger",
            "set it: with a wrong clock, downloads fail",
        )
    elif off is not None and abs(off) > CLOCK_OFF_SECONDS:
        yield (
            "bad",
            f"it is {abs(off) / 60:.0f} minutes {'ahead' if off > 0 else 'behind'}",
            "set it: with a wrong clock, downloads fail",
        )
    else:
        yield "ok", "right" if off is not None else "plausible"


_RULES: dict[str, Callable[[Facts], Findings]] = {
    "Python": _python,
    "system": _system,
    "packages": _packages,
    "disk": _disk,
    "memory": _memory,
    "processor": _processor,
    "runtime library": _runtime_library,
    "imports": _imports,
    "kernel": _kernel,
    "fonts": _fonts,
    "ports": _ports,
    "browser": _browser,
    "data": _data,
    "network": _network,
    "writing": _writing,
    "clock": _clock,
}
