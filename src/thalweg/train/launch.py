"""A training job on several processes, through `accelerate launch`, with or without FSDP.

The job travels as a file. Each process runs `python -m thalweg.train FILE`, which does what one process would do with
its share of each batch. The first reports on its standard output, one JSON object a line: `{"step", "steps"}`, or
`{"error": [where, problem, remedy]}`. The processes run under a supervisor and are killed with whoever launched them,
as an interim checkpoint is all that a later run goes on from. On GPUs each process has one of those that
`CUDA_VISIBLE_DEVICES` names, in their order.

Not covered: several machines.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO

from thalweg.engine.supervise import command as supervised
from thalweg.errors import InputError
from thalweg.train.config import TrainConfig
from thalweg.train.job import Job, OnStep


def launch(job: Job, on_step: OnStep | None = None) -> None:
    """Runs a job on `config.processes` processes, and waits for them.

    Raises:
        InputError: what a process found wrong with the job.
        RuntimeError: the processes failed otherwise; their own output is on standard error.
    """
    with tempfile.TemporaryDirectory(prefix="thalweg-train-") as folder:
        command = supervised(0.0, [*_command(job.config), str(job.save(Path(folder)))])
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            try:
                error = follow(process.stdout, on_step)
            except BaseException:
                process.terminate()
                raise
    if error is not None:
        raise error
    if process.returncode:
        raise RuntimeError(f"training processes ended with exit code {process.returncode}")


def _command(config: TrainConfig) -> list[str]:
    sharding = ["--use_fsdp", "--fsdp_version", "2", "--fsdp_state_dict_type", "FULL_STATE_DICT"]
    return [
        *[sys.executable, "-m", "accelerate.commands.launch", "--num_machines", "1"],
        *["--num_processes", str(config.processes), "--num_cpu_threads_per_process", str(config.threads)],
        *["--mixed_precision", "bf16" if config.precision == "bf16" else "no", "--dynamo_backend", "no"],
        # `--multi_gpu` is accelerate's name for one process a device; without a GPU the processes talk through gloo.
        *(sharding if config.fsdp else ["--multi_gpu"]),
        *["--main_process_port", "0", "-m", "thalweg.train"],
    ]


def follow(lines: IO[str], on_step: OnStep | None) -> InputError | None:
    error = None
    for line in lines:
        if not line.startswith("{"):
            print(line, end="", file=sys.stderr)  # what a library prints is not ours to interpret
            continue
        report = json.loads(line)
        if "error" in report:
            error = InputError(*report["error"])
        elif on_step is not None:
            on_step(report["step"], report["steps"])
    return error
