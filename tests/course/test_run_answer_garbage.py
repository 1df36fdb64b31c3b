"""What the kernel no longer uses is the kernel's to finalise, also while a learner's function runs."""

import gc
import os

import pytest

from certpin_lab.course import run_answer as contain


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork, which Windows does not have")
def test_the_childs_garbage_collector_leaves_the_kernels_garbage_alone(tmp_path):
    class Owner:
        def __init__(self):
            self.itself = self  # a circle: only the collector can end it

        def __del__(self):
            (tmp_path / f"finalised by {os.getpid()}").touch()

    gc.disable()
    try:
        Owner()
        (reply,) = contain.run(gc.collect, [()])
        assert reply.kind == "returned"
        assert list(tmp_path.iterdir()) == []
    finally:
        gc.enable()
    gc.collect()
    assert [path.name for path in tmp_path.iterdir()] == [f"finalised by {os.getpid()}"]
