"""Builds the wheel, installs it into an empty environment away from the clone, and tries it there.

    python tests/smoke.py

It needs only Python and an index to install from, so that CI can run it on macOS and Windows too.
Pictures are compared by the sentence that each carries, not by their pixels.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LESSON = "00_start_here.ipynb"
CLEAN = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="smoke-", ignore_cleanup_errors=True) as folder:
        away = Path(folder).resolve()
        programs = installed(wheel(away), away)
        run(programs / "certpin-lab", "--help", cwd=away)
        run(programs / "python", "-c", "from certpin_lab import Scene; Scene().close()", cwd=away)
        run(programs / "certpin-lab", "doctor", cwd=away)
        start(programs, away / "work")
        execute(programs, away / "work" / LESSON, away)


def run(program: Path, *words: str | Path, cwd: Path) -> None:
    print("==", program.name, *words, flush=True)
    subprocess.run([found(program), *words], cwd=cwd, env=CLEAN, check=True)


def found(program: Path) -> str:
    """With its ending, where the system has one."""
    if path := shutil.which(program.name, path=program.parent):
        return path
    raise FileNotFoundError(f"{program} must be installed; it is not there")


def wheel(away: Path) -> Path:
    build = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", away, ROOT]
    run(Path(sys.executable), *build, cwd=away)
    return next(away.glob("*.whl"))


def installed(wheel: Path, away: Path) -> Path:
    """The folder of the programs of a new environment that holds this wheel and what it needs."""
    environment = away / "environment"
    run(Path(sys.executable), "-m", "venv", environment, cwd=away)
    programs = environment / ("Scripts" if os.name == "nt" else "bin")
    run(programs / "python", "-m", "pip", "install", "--quiet", wheel, cwd=away)
    return programs


def start(programs: Path, work: Path) -> None:
    """Start the course, open the address that it prints, and have JupyterLab shut down."""
    port = str(free_port())
    words = ["start", "--no-browser", "--port", port, "--folder", work]
    command = [found(programs / "certpin-lab"), *words]
    print("== certpin-lab", *words, flush=True)
    with subprocess.Popen(command, env=CLEAN, stdout=subprocess.PIPE, text=True) as course:
        try:
            origin, lesson, token = printed_address(course)
            assert origin == f"http://127.0.0.1:{port}"
            assert lesson == f"/lab/tree/{LESSON}"
            assert ask(origin + lesson, token) == 200
            ask(f"{origin}/api/shutdown", token, method="POST")
            assert course.wait(30) == 0
        finally:
            course.terminate()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def printed_address(course: subprocess.Popen[str]) -> tuple[str, str, str]:
    for line in course.stdout:
        if address := re.fullmatch(r"\s*(http://[\d.:]+)(/\S+)\?token=(\S+)\s*", line):
            return address.groups()
    raise RuntimeError("certpin-lab start must print an address; it ended without one")


def ask(address: str, token: str, method: str = "GET") -> int:
    headers = {"Authorization": f"token {token}"}
    request = urllib.request.Request(address, method=method, headers=headers)
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=30) as answer:
        return answer.status


def execute(programs: Path, lesson: Path, away: Path) -> None:
    """Run every cell of the lesson, outside the working folder, and compare what it shows."""
    copy = shutil.copy(lesson, away / "lesson.ipynb")
    run(programs / "jupyter", "execute", "--output=executed.ipynb", copy, cwd=away)
    assert shown(away / "executed.ipynb") == shown(lesson)


def shown(notebook: Path) -> list[str]:
    """What each code cell shows, as plain text."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return ["".join(map(text, cell["outputs"])) for cell in cells if cell["cell_type"] == "code"]


def text(output: dict) -> str:
    return "".join(output["text"] if "text" in output else output["data"]["text/plain"])


if __name__ == "__main__":
    main()
    print("All is well.")
