"""Workers side by side: sharing, dying, closing."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.sandboxes import WRAPPERS, open_pool, script
from thalweg.errors import InputError
from thalweg.sandbox import Job, Limits, Pool, SandboxError, run_script, worker


@pytest.fixture(params=WRAPPERS)
def pool(request: pytest.FixtureRequest) -> Iterator[Pool]:
    with open_pool(request.param, workers=2) as opened:
        yield opened


def kill_workers(pool: Pool) -> None:
    for one in list(pool._alive):
        os.kill(one.pid, signal.SIGKILL)


def test_run_script_is_a_program_with_its_input(pool: Pool) -> None:
    result = run_script(pool, "print(int(input()) + 1)", "41\n")
    assert (result.end, result.code, result.stdout) == ("exit", 0, b"42\n")
    assert run_script(pool, "print('x' * 100)", limits=Limits(output_bytes=10)).end == "output"


def test_threads_share_a_pool(pool: Pool) -> None:
    with ThreadPoolExecutor(8) as threads:
        outputs = list(threads.map(lambda n: run_script(pool, f"print({n} ** 2)").stdout, range(40)))
    assert outputs == [f"{n**2}\n".encode() for n in range(40)]
    assert len(pool._alive) == 2


def test_a_worker_killed_between_jobs_is_replaced(pool: Pool) -> None:
    for _ in range(3):
        kill_workers(pool)
        assert run_script(pool, "print('ok')").stdout == b"ok\n"


def test_a_worker_killed_during_a_job_is_replaced_and_the_job_run_again(pool: Pool) -> None:
    source = "import time\ntime.sleep(0.4)\nprint('ok')"
    with ThreadPoolExecutor(2) as threads:
        running = [threads.submit(run_script, pool, source) for _ in range(2)]
        time.sleep(0.2)
        kill_workers(pool)
        assert [one.result().stdout for one in running] == [b"ok\n"] * 2


def test_a_job_that_kills_every_worker_is_the_sandboxs_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    with open_pool(False) as pool:
        tried = []

        def die(one: worker.Worker, job: Job) -> None:
            tried.append(job)
            one.kill()
            raise worker.WorkerDiedError("it was killed")

        monkeypatch.setattr(worker.Worker, "run", die)
        with pytest.raises(SandboxError, match="died 3 times on a job: it was killed"):
            run_script(pool, "")
        assert len(tried) == 3
        monkeypatch.undo()
        assert run_script(pool, "print(1)").stdout == b"1\n"


def test_a_child_that_could_not_be_confined_is_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = worker.sources()
    name = "thalweg.sandbox.policy"
    start = "        if self.ruleset is not None:\n            _check(_libc"
    broken = texts[name].replace(start, "        raise OSError('not today')\n" + start)
    assert broken != texts[name]
    monkeypatch.setattr(worker, "sources", lambda: {**texts, name: broken})
    monkeypatch.setattr("thalweg.sandbox.pool._probed", {})
    with pytest.raises(SandboxError, match=r"a process could not be confined: (.|\n)*not today"):
        Pool(bubblewrap=False, allow_weak=True)


def test_neighbours_do_not_notice_a_crash(pool: Pool) -> None:
    sources = ["import os; os.abort()", "print('fine')"] * 10
    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(lambda source: run_script(pool, source), sources))
    assert [result.end for result in results] == ["signal", "exit"] * 10


def test_closing_ends_what_runs(pool: Pool) -> None:
    failures = []

    def wait() -> None:
        try:
            run_script(pool, "import time; time.sleep(100)", limits=Limits(wall_s=100))
        except SandboxError as error:
            failures.append(str(error))

    threads = [threading.Thread(target=wait) for _ in range(4)]  # two run, two wait for a worker
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    pids = [one.pid for one in pool._alive]
    pool.close()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    assert failures == ["the pool is closed"] * 4
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_a_closed_pool_says_so_and_may_be_closed_again(pool: Pool) -> None:
    pool.close()
    pool.close()
    with pytest.raises(SandboxError, match="the pool is closed"):
        run_script(pool, "")


def test_an_unknown_driver_is_a_mistake_of_the_caller(pool: Pool) -> None:
    with pytest.raises(AssertionError, match="no driver 'nothing'"):
        pool.run(Job(driver="nothing", payload={}))


@pytest.mark.parametrize("workers", [0, -1])
def test_a_pool_has_workers(workers: int) -> None:
    with pytest.raises(InputError, match="workers: "):
        Pool(workers=workers)


def test_preloaded_modules_must_exist() -> None:
    with pytest.raises(InputError, match="preload: no_such_module cannot be imported by the candidates; install it"):
        Pool(preload=("csv", "no_such_module"), allow_weak=True, bubblewrap=False)


def test_preloaded_modules_are_there() -> None:
    with open_pool(False, preload=("csv",)) as pool:
        assert script(pool, "import sys; print('csv' in sys.modules)").stdout == b"True\n"


def test_workers_outlive_the_thread_that_needed_them(pool: Pool) -> None:
    thread = threading.Thread(target=lambda: run_script(pool, ""))
    thread.start()
    thread.join()
    before = {one.pid for one in pool._alive}
    assert run_script(pool, "print(1)").stdout == b"1\n"
    assert {one.pid for one in pool._alive} >= before


def test_an_interrupted_job_leaves_no_answer_behind(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(worker.Worker, "_answer", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run_script(pool, "print('old')")
    monkeypatch.undo()
    assert run_script(pool, "print('new')").stdout == b"new\n"


def test_the_stack_can_be_that_of_a_shell() -> None:
    """A recursion through C code that a worker's large stack bears, and eight megabytes do not."""
    source = (
        "import functools, sys\nsys.setrecursionlimit(10**6)\n"
        "@functools.lru_cache(None)\ndef f(n):\n    return n and 1 + f(n - 1)\nprint(f(40_000))"
    )
    with Pool() as pool:
        assert run_script(pool, source).stdout == b"40000\n"
        small = run_script(pool, source, limits=Limits(stack_mb=8))
        assert (small.end, small.code) == ("signal", 11)
