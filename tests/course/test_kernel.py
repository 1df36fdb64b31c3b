"""Hostile answers in a real Jupyter kernel: each gets a sentence, none makes noise, and the kernel
lives.
"""

from __future__ import annotations

from pathlib import Path

from nbformat.v4 import new_code_cell, new_notebook

from certpin_lab.authoring import build

SET_UP = """
import gc, hashlib, os, sys, threading, time
from dataclasses import replace
from certpin_lab.course.check import judge
from certpin_lab.course.exercise import Case, Exercise
notebook_variable = 40
exercise = Exercise("99.1", "", 1, "Good.", cases=(Case("two", 42, (2,)),), misconceptions=(), seconds=60)
hurried = replace(exercise, seconds=0.5)
"""
STOPPED = "was stopped"
HOSTILE = {
    "lambda n: notebook_variable + n": "✔ 99.1 Right. Good.",
    "lambda n: [0 for _ in iter(int, 1)]": STOPPED,
    "lambda n: os._exit(1)": "ended Python itself",
    "lambda n: os.abort()": "ended Python itself",
    "lambda n: sys.exit()": "sys.exit",
    "lambda n: display('noise') or print('x') or os.write(2, b'noise') or 42": "It printed",
    "lambda n: os.kill(os.getppid(), 0) or threading.Thread(target=time.sleep, args=(60,)).start() or 42": "Right",
    "lambda n: setattr(hashlib, 'sha256', None) or 42": "Right",
    "lambda n: get_ipython().kernel.do_shutdown(False) and 1": "Not yet",
    "type('Yes', (), {'__eq__': lambda *_: True, '__call__': lambda self, n: self})()": "cannot be compared",
}


def test_hostile_answers_leave_the_kernel_alive_and_quiet(tmp_path: Path) -> None:
    cells = [
        new_code_cell(SET_UP),
        *(
            new_code_cell(f"judge({'hurried' if says == STOPPED else 'exercise'}, {answer})")
            for answer, says in HOSTILE.items()
        ),
    ]
    cells.append(new_code_cell("hashlib.sha256(b'').hexdigest()[:8], notebook_variable"))
    ran = build.executed(build.normal(new_notebook(cells=cells)), tmp_path)
    for cell, says in zip(ran.cells[1:-1], HOSTILE.values(), strict=True):
        [output] = cell.outputs
        assert says in output.data["text/plain"], cell.source
    assert ran.cells[-1].outputs[0].data["text/plain"] == "('e3b0c442', 40)"
