"""Every lesson in a real JupyterLab in a real browser: run from top to bottom, looked at in the
light and in the dark theme.

The screenshots are kept in `artifacts/`, a whole lesson in each. One lesson only: pytest
tests/app -k 00
"""

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from certpin_lab.app.jupyter import address, environment
from certpin_lab.app.workspace import fill
from tests.optional import require

ROOT = Path(__file__).parents[2]
ARTIFACTS = ROOT / "artifacts"
LESSONS = sorted(path.name for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"))
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
# Without these, Chromium looks for updates and for its maker's hosts.
CHROMIUM = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
# What JupyterLab itself says on the console, whatever the notebook.
KNOWN_NOISE = re.compile(
    r"Failed to load resource.*(favicon|404|403)|WebSocket|ResizeObserver|preload"
    r"|Unrecognized feature"
)

pytestmark = pytest.mark.filterwarnings(
    "default"
)  # Playwright's own dependencies are not ours to mend


# One of its own for each run: a server that was killed leaves a note of its address behind.
TOKEN = secrets.token_hex()


@pytest.fixture(scope="session", name="lab")
def _lab(tmp_path_factory):
    """A JupyterLab on a learner's fresh working folder, with the whole notebook in the page instead
    of the part in sight.
    """
    home = tmp_path_factory.mktemp("home")
    work = home / "work"
    fill(work)
    settings = home / "settings" / "@jupyterlab" / "notebook-extension"
    settings.mkdir(parents=True)
    (settings / "tracker.jupyterlab-settings").write_text(json.dumps({"windowingMode": "none"}))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = {
        "ServerApp.port": port, "ServerApp.ip": "127.0.0.1",
        "ServerApp.port_retries": 0, "ServerApp.open_browser": False,
        "ServerApp.root_dir": work, "ServerApp.allow_root": True, "ServerApp.log_level": "ERROR",
        "LabApp.log_level": "ERROR", "LabApp.user_settings_dir": home / "settings",
        "LabApp.workspaces_dir": home / "workspaces", "LabApp.expose_app_in_browser": True,
    }  # fmt: skip
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        *(f"--{name}={value}" for name, value in options.items()),
    ]
    variables = environment(TOKEN, work) | {"HOME": str(home), "PYTHONPATH": str(ROOT)}
    server = subprocess.Popen(
        command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield address(server, TOKEN, work), work
    finally:
        server.terminate()
        server.wait(300)


@pytest.fixture(scope="session", name="browser")
def _browser():
    sync_api = (
        pytest.importorskip("playwright.sync_api")
        if os.environ.get("CERTPIN_NO_SKIPS") != "1"
        else None
    )
    if sync_api is None:
        import playwright.sync_api as sync_api
    chromium = (
        shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
    )
    require(chromium, "a Chromium browser (apt install chromium)")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture(name="page")
def _page(browser):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(300_000)  # a busy machine needs its time
    page.console_errors = []
    page.on(
        "console",
        lambda message: (
            page.console_errors.append(message.text) if message.type == "error" else None
        ),
    )
    page.on("pageerror", lambda error: page.console_errors.append(str(error)))
    yield page
    page.close()


def open_lesson(page, lab, lesson: str, copy: str) -> None:
    """Open a fresh copy, so that no test sees what another has run or saved."""
    address, work = lab
    shutil.copyfile(ROOT / "notebooks" / lesson, work / f"{copy}-{lesson}")
    page.goto(f"{address}/lab/tree/{copy}-{lesson}?token={TOKEN}&reset")
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    page.wait_for_function(
        "window.jupyterapp && window.jupyterapp.shell.currentWidget?.content?.model"
    )
    page.wait_for_selector('.jp-NotebookPanel-toolbar [data-status="idle"]')


RUN_ALL = """
async () => {
    const {commands, shell} = window.jupyterapp;
    await shell.currentWidget.sessionContext.ready;
    await shell.currentWidget.sessionContext.session.kernel.info;
    await commands.execute('notebook:clear-all-cell-outputs');
    await commands.execute('notebook:run-all-cells');
}
"""


def run_all(page) -> None:
    page.evaluate(RUN_ALL)


CELLS = """
() => window.jupyterapp.shell.currentWidget.content.widgets
    .filter(cell => cell.model.type === 'code')
    .map(cell => ({
        count: cell.model.executionCount,
        errors: cell.node.querySelectorAll(
            '[data-mime-type$="jupyter.error"], [data-mime-type$="jupyter.stderr"]').length,
        source: cell.model.sharedModel.getSource(),
    }))
"""
WIDE = """
() => [...document.querySelectorAll('.jp-OutputArea-output, .jp-MarkdownOutput')]
    .filter(node => node.scrollWidth > node.clientWidth + 1)
    .map(node => node.innerText.slice(0, 80))
"""
NO_PICTURE_IS_BROKEN = """() => [...document.querySelectorAll('.jp-Notebook img')]
    .every(img => img.complete && img.naturalWidth)"""
HEIGHT = """
() => [...document.querySelectorAll('.jp-Notebook .jp-Cell')]
    .reduce((sum, cell) => sum + cell.getBoundingClientRect().height + 10, 0)
"""


def wait_until_run(page) -> list[dict]:
    page.wait_for_function(f"({CELLS})().every(cell => cell.count > 0)")
    page.wait_for_selector('.jp-NotebookPanel-toolbar [data-status="idle"]')
    page.wait_for_function(NO_PICTURE_IS_BROKEN)  # they are decoded after the kernel is idle
    return page.evaluate(CELLS)


WHOLE_LESSON_IN_SIGHT = """
() => {
    document.querySelectorAll('.jp-Notebook, .jp-Notebook *')
        .forEach(node => { node.scrollTop = 0; });
    const cells = [...document.querySelectorAll('.jp-Notebook .jp-Cell')]
        .map(cell => cell.getBoundingClientRect());
    return cells[0].top >= 0 && cells.at(-1).bottom <= window.innerHeight;
}
"""


def look(page, lesson: str, what: str) -> None:
    """Screenshots of the whole lesson in both themes; and nothing runs out of its column in either."""
    ARTIFACTS.mkdir(exist_ok=True)
    for name, theme in THEMES.items():
        page.evaluate(
            "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme
        )
        page.wait_for_selector(f'body[data-jp-theme-name="{theme}"]', state="attached")
        page.set_viewport_size(
            {"width": 1280, "height": min(16_000, int(page.evaluate(HEIGHT)) + 220)}
        )
        page.evaluate("window.jupyterapp.shell.currentWidget.content.activeCellIndex = 0")
        page.wait_for_function(WHOLE_LESSON_IN_SIGHT, polling=200)
        page.wait_for_timeout(500)  # it may still scroll to where the kernel has just been
        page.wait_for_function(WHOLE_LESSON_IN_SIGHT, polling=200)
        assert page.evaluate(WIDE) == []
        assert page.locator(".Toastify__toast").count() == 0  # nothing pops up
        page.screenshot(path=ARTIFACTS / f"{Path(lesson).stem}-{what}-{name}.png")
        page.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_runs_from_top_to_bottom(lesson, lab, page):
    open_lesson(page, lab, lesson, "run")
    run_all(page)
    cells = wait_until_run(page)
    assert [cell["source"] for cell in cells if cell["errors"]] == []
    look(page, lesson, "run")
    assert [text for text in page.console_errors if not KNOWN_NOISE.search(text)] == []


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_that_was_not_run_shows_its_stored_pictures_and_tables(lesson, lab, page):
    open_lesson(page, lab, lesson, "stored")
    trusted = (
        "cells => cells.filter(cell => cell.model.type === 'code').map(cell => cell.model.trusted)"
    )
    assert True not in page.evaluate(
        f"({trusted})(window.jupyterapp.shell.currentWidget.content.widgets)"
    )
    stored = json.loads((ROOT / "notebooks" / lesson).read_text())
    outputs = [
        output.get("data", {}) for cell in stored["cells"] for output in cell.get("outputs", [])
    ]
    pictures = sum("image/png" in output for output in outputs)
    tables = sum("<table>" in "".join(output.get("text/html", "")) for output in outputs)
    page.wait_for_function(
        "count => document.querySelectorAll('.jp-OutputArea-output img').length === count",
        arg=pictures,
    )
    page.wait_for_function(NO_PICTURE_IS_BROKEN)
    assert page.locator(".jp-OutputArea-output table caption").count() == tables
    look(page, lesson, "stored")


@pytest.mark.parametrize(("answer", "says"), [
    ('{"unpinned": "served", "pinned": "served"}', "✘ 00.2 Not yet."),
    ('{"unpinned": "served", "pinned": "locked out"}', "✔ 00.2 Right."),
])  # fmt: skip
@pytest.mark.skipif("00_start_here.ipynb" not in LESSONS, reason="lesson 00 is not there")
def test_a_learner_answers_and_is_answered(answer, says, lab, page):
    open_lesson(page, lab, "00_start_here.ipynb", "right" if "✔" in says else "wrong")
    page.evaluate(
        """answer => {
            const cells = window.jupyterapp.shell.currentWidget.content.widgets;
            const cell = cells.find(cell => cell.model.type === 'code'
                && cell.model.sharedModel.getSource().startsWith('tomorrow ='));
            cell.model.sharedModel.setSource('tomorrow = ' + answer);
        }""",
        answer,
    )
    run_all(page)
    wait_until_run(page)
    assert says in page.locator(".jp-Notebook").inner_text()
