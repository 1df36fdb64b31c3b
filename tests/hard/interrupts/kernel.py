"""Stop a real kernel in the middle of a lesson: `python -m tests.hard.interrupts.kernel [--rounds
N] [--seed S]`.

Runs the solved lesson 05 cell by cell. Each cell is first interrupted at a random moment (SIGINT,
as by the stop button), then run again and compared with its stored output. Then the kernel is
restarted in the middle of a cell, and twenty scenes are made without closing one.
Limit: matplotlib is imported before. No package survives that its own import is interrupted; only a
restart of the kernel helps then. What an interrupted cell has done outside of the lesson's
variables stays done (a transfer that the bank has carried out).
"""

from __future__ import annotations

import argparse
import json
import queue
import random
import sys
import time
from pathlib import Path
from typing import Any

from jupyter_client.manager import KernelManager

from certpin_lab.lab.loopback import connect

ROOT = Path(__file__).parents[3]
LESSON = ROOT / "notebooks" / "solutions" / "05_man_in_the_middle.ipynb"
LONGEST = 0.03  # seconds after which a cell is interrupted at the latest
# Cells that list what the bank has carried out: also for an app that was interrupted.
TRANSFERS = "transfers"
LOST = "struck ipykernel itself, which then says nothing about this cell"
STATE = """
import gc, os, threading
gc.collect(); threading.Event().wait(0.3)
open_files = [os.path.realpath(f"/dev/fd/{each}") for each in os.listdir("/dev/fd")]
sockets = sum("socket:" in each for each in open_files)
print(sum(each.name.startswith("lab-") for each in threading.enumerate()), sockets)
"""


class Kernel:
    """A kernel in a process of its own, and what its cells answer."""

    def __enter__(self) -> Kernel:
        self.manager = KernelManager()
        self.manager.start_kernel(cwd=str(LESSON.parent))
        self._connect()
        return self

    def _connect(self) -> None:
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def __exit__(self, *_: object) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def restart(self) -> None:
        """As the learner's button does."""
        self.client.stop_channels()
        self.manager.restart_kernel(now=True)
        self._connect()

    def run(self, source: str, *, interrupt_after: float | None = None) -> tuple[list[str], str]:
        """What a cell put out, as texts, and the name of the error that ended it ("" for none)."""
        asked = self.client.execute(source)
        texts: list[str] = []
        error = ""
        while True:
            try:
                message = self.client.get_iopub_msg(timeout=60 if interrupt_after is None else 25)
            except queue.Empty:
                if interrupt_after is None:
                    raise
                return texts, LOST
            if message["parent_header"].get("msg_id") != asked:
                continue
            content: dict[str, Any] = message["content"]
            if message["msg_type"] == "execute_input" and interrupt_after is not None:
                time.sleep(interrupt_after)
                self.manager.interrupt_kernel()
            if message["msg_type"] == "status" and content["execution_state"] == "idle":
                return texts, error
            error = content.get("ename", error)
            texts += text_of(message["msg_type"], content)


def text_of(kind: str, content: dict[str, Any]) -> list[str]:
    """The text of an output, of a stored one or of one that has just come."""
    if kind == "stream":
        return ["".join(content["text"])]
    if kind in ("execute_result", "display_data"):
        return ["".join(content["data"].get("text/plain", ""))]
    return []


def cells() -> list[tuple[str, list[str]]]:
    """The lesson's code cells and their stored outputs."""
    found = json.loads(LESSON.read_text(encoding="utf-8"))["cells"]
    return [
        (
            "".join(cell["source"]),
            [text for each in cell["outputs"] for text in text_of(each["output_type"], each)],
        )
        for cell in found
        if cell["cell_type"] == "code"
    ]


def stop_every_cell(chance: random.Random, problems: list[str]) -> None:
    """Interrupt each cell, run it again, compare; at the end nothing may run any more."""
    struck = lost = compared = 0
    with Kernel() as kernel:
        kernel.run("import matplotlib.pyplot, certpin_lab.show")
        before = kernel.run(STATE)[0]
        for number, (source, stored) in enumerate(cells()):
            _, error = kernel.run(
                source, interrupt_after=chance.uniform(0, LONGEST) if number else None
            )
            struck += error == "KeyboardInterrupt"
            lost += error == LOST
            if error not in ("", "KeyboardInterrupt", LOST):
                problems.append(f"cell {number}, interrupted, ended with {error}")
            texts, error = kernel.run(source)
            compared += 1
            if error or ("".join(texts) != "".join(stored) and TRANSFERS not in source):
                problems.append(f"cell {number}, run again: {error or texts} instead of {stored}")
        kernel.run(
            "del scene, attacker, insider\n1 / 0"
        )  # the error takes the place of an interrupt's traceback
        after = kernel.run(STATE)[0]
        if [*map(int, after[0].split())] > [*map(int, before[0].split())]:
            problems.append(
                f"the lab's threads and sockets: {before} before, {after} after the lesson"
            )
    print(
        f"{compared} cells: {struck} interrupted in the middle, all run again; "
        f"threads, descriptors: {before} {after}"
    )


def restart_in_a_cell(problems: list[str]) -> None:
    """Restart while a cell runs: the ports are free again."""
    with Kernel() as kernel:
        texts, _ = kernel.run(
            "from certpin_lab import Scene\nscene = Scene()\n"
            "print(*(part.address[1] for part in (scene.bank, scene.wifi, scene.attacker)))"
        )
        kernel.client.execute("while True:\n    scene.run('pinned')")
        time.sleep(0.5)
        kernel.restart()
        for port in map(int, texts[0].split()):
            try:
                connect(("127.0.0.1", port)).close()
                problems.append("after the restart, a port is still bound")
            except OSError:
                pass
        texts, error = kernel.run(
            "from certpin_lab import Scene\nwith Scene() as scene:\n    print(scene.run('pinned'))"
        )
        if error or texts != ["pinned, honest Wi-Fi: accepted\n"]:
            problems.append(f"after the restart: {texts} {error}")
    print("restarted in the middle of a cell")


def twenty_scenes(problems: list[str]) -> None:
    """Run a cell that makes a scene again and again, as learners do."""
    with Kernel() as kernel:
        kernel.run("from certpin_lab import Scene")
        for _ in range(20):
            kernel.run("scene = Scene()\nwith scene.hostile():\n    print(scene.run('pinned'))")
        texts, _ = kernel.run(STATE)
        if int(texts[0].split()[0]) > 3:
            problems.append(
                f"after twenty scenes: {texts[0].strip()} the lab's threads and sockets"
            )
        print(f"twenty scenes, none closed; the lab's threads and sockets: {texts[0].strip()}")


def main(arguments: list[str]) -> int:
    """Answers 0 when all held, otherwise 1."""
    words = argparse.ArgumentParser(
        prog="python -m tests.hard.interrupts.kernel", description=__doc__.split(":")[0]
    )
    words.add_argument(
        "--rounds", type=int, default=1, help="how often the lesson is gone through (1)"
    )
    words.add_argument("--seed", default="1", help="for the moments of the interrupts (1)")
    chosen = words.parse_args(arguments)
    problems: list[str] = []
    try:
        for number in range(chosen.rounds):
            stop_every_cell(random.Random(f"{chosen.seed} {number}"), problems)
        restart_in_a_cell(problems)
        twenty_scenes(problems)
    except queue.Empty:
        problems.append("the kernel did not answer any more")
    print(*problems, sep="\n", end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
