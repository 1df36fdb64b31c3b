"""Learners who all work at once: a kernel each, the lessons cell by cell, every output compared
with the stored one.

Then each kernel makes a world of its own and sends a word that only it knows, and tells whose words
have arrived there.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import psutil
from nbclient import NotebookClient

SECONDS = 600  # for one cell: sixty kernels share two cores
OWN_WORLD = """
import json, re
from certpin_lab import Pin, Scene
from certpin_lab.lab import HOST
from certpin_lab.lab.scene import observe
with Scene(seed={word!r}) as mine:
    with mine.hostile():
        url, apps = f"https://{{HOST}}/balance", mine.apps.values()
        outcomes = [observe(app, url, b"word={word}.", wifi=mine.wifi) for app in apps]
    records = (*mine.bank.connections, *mine.attacker.connections)
    arrived = b"".join(record.received for record in records)
print(json.dumps({{
    "pin": str(Pin.of(mine.bank.identity.certificate)),
    "verdicts": [outcome.verdict for outcome in outcomes],
    "words": sorted(set(re.findall("word=([^.]*)[.]", arrived.decode("latin-1")))),
}}))
"""


@dataclass
class Learner:
    """One of them: how many cells were compared, which differ, the memory of the kernel in MB, and
    what its own world said.
    """

    word: str
    compared: int = 0
    different: list[str] = field(default_factory=list)
    memory: float = 0.0
    world: dict[str, Any] = field(default_factory=dict)


async def crowd(
    count: int, notebooks: Sequence[Path], all_are_up: Callable[[], object]
) -> list[Learner]:
    """Let `count` learners work through the notebooks at once; nobody begins before every kernel is
    up and `all_are_up` was called.
    """
    start = Start(count, all_are_up)
    with _folders(count) as folders:
        return await asyncio.gather(
            *(
                _learn(f"learner-{number}", folder, notebooks, start)
                for number, folder in enumerate(folders)
            )
        )


class Start:
    """Where everybody waits for everybody; the last one to come calls `then` before they go on.

    The kernels themselves come up one by one: those that choose their TCP ports at the same time
    take each other's (https://github.com/jupyter/jupyter_client/issues/487).
    """

    def __init__(self, count: int, then: Callable[[], object]) -> None:
        self.one_by_one = asyncio.Lock()
        self._missing, self._then, self._open = count, then, asyncio.Event()

    async def of_all(self) -> None:
        self._missing -= 1
        if not self._missing:
            self._then()
            self._open.set()
        await self._open.wait()


@contextmanager
def _folders(count: int) -> Iterator[list[Path]]:
    with tempfile.TemporaryDirectory(prefix="certpin-lab-crowd-") as top:
        folders = [Path(top, str(number)) for number in range(count)]
        for folder in folders:
            folder.mkdir()
        yield folders


async def _learn(word: str, folder: Path, notebooks: Sequence[Path], start: Start) -> Learner:
    learner = Learner(word)
    for path in notebooks:
        shutil.copy(path, folder)
    lessons = [nbformat.read(folder / path.name, as_version=4) for path in notebooks]
    own = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(OWN_WORLD.format(word=word))])
    client = NotebookClient(
        lessons[0], kernel_name="python3", timeout=SECONDS, iopub_timeout=SECONDS,
        startup_timeout=SECONDS,
        resources={"metadata": {"path": str(folder)}},
        extra_arguments=["--IPKernelApp.log_level=40"], allow_errors=True, coalesce_streams=True,
    )  # fmt: skip
    async with AsyncExitStack() as running:
        async with start.one_by_one:
            await running.enter_async_context(client.async_setup_kernel())
        await start.of_all()
        for path, lesson in zip(notebooks, lessons, strict=True):
            await _work_through(client, lesson, path.stem, learner)
        await _run(client, own)
        learner.memory = _memory(client.km.provisioner.pid)
    told = dict(compared(own.cells[0]))
    learner.world = json.loads(told["stdout"]) if set(told) == {"stdout"} else {"trouble": told}
    return learner


async def _work_through(
    client: NotebookClient, lesson: nbformat.NotebookNode, name: str, learner: Learner
) -> None:
    stored = [compared(cell) for cell in lesson.cells]
    await _run(client, lesson)
    for number, (cell, before) in enumerate(zip(lesson.cells, stored, strict=True)):
        learner.compared += cell.cell_type == "code"
        if compared(cell) != before:
            learner.different.append(
                f"{name}, cell {number}: {compared(cell)!r:.300} instead of {before!r:.300}"
            )


async def _run(client: NotebookClient, notebook: nbformat.NotebookNode) -> None:
    client.nb = notebook
    client.reset_execution_trackers()
    for number, cell in enumerate(notebook.cells):
        await client.async_execute_cell(cell, number)


def compared(cell: nbformat.NotebookNode) -> list[tuple[str, str]]:
    """What nbval compares of a cell's outputs: every text, and no pixels."""
    texts: list[tuple[str, str]] = []
    for output in cell.get("outputs", []):
        if output.output_type == "stream":
            texts.append((output.name, output.text))
        elif output.output_type == "error":
            texts.append(("error", f"{output.ename}: {output.evalue}"))
        else:
            texts += [
                (kind, text)
                for kind, text in sorted(output.data.items())
                if kind.startswith("text/")
            ]
    return texts


def _memory(pid: int) -> float:
    """The proportional set size in MB: pages that kernels share are counted once in the sum over
    all.
    """
    return psutil.Process(pid).memory_full_info().pss / 1e6
