"""What jobs run on: the GPUs that exist, or groups of cores where there are none.

A device is the environment of a process that works on it. GPUs are found without loading a GPU library: as
`CUDA_VISIBLE_DEVICES` names them (numbers, or UUIDs of GPUs and MIG instances), else as `nvidia-smi -L` lists them,
else by their device files.

Not covered: GPUs of other makers than NVIDIA, and what else runs on them.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence

VISIBLE = "CUDA_VISIBLE_DEVICES"
_NO_DEVICE = {VISIBLE: "", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
_SMI_TIMEOUT_S = 30.0


def cpu_workers(threads: int) -> list[dict[str, str]]:
    """One device for every `threads` cores that this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    environment = {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads), "TOKENIZERS_PARALLELISM": "false"}
    return [environment] * max(1, cores // threads)


def gpu_workers() -> list[dict[str, str]]:
    """One device a visible NVIDIA GPU or MIG instance; none where there is no GPU."""
    visible = os.environ.get(VISIBLE)
    return [{VISIBLE: name} for name in (_present() if visible is None else visible_names(visible))]


def visible_names(value: str) -> list[str]:
    """The devices that a value of `CUDA_VISIBLE_DEVICES` names: as CUDA reads it, a negative number ends the list."""
    names = [name.strip() for name in value.split(",")]
    end = next((place for place, name in enumerate(names) if not name or name.startswith("-")), len(names))
    return names[:end]


def device_names(devices: Sequence[Mapping[str, str]]) -> list[str]:
    """What tells devices apart: a GPU that is listed twice is one that two jobs may share, never one job's two."""
    return [device.get(VISIBLE) or f"cores {place}" for place, device in enumerate(devices)]


def environment_of(devices: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The environment of a process that works on all of these devices; with none it sees no GPU."""
    if not devices:
        return dict(_NO_DEVICE)
    gpus = [device[VISIBLE] for device in devices if VISIBLE in device]
    merged = {name: value for device in devices for name, value in device.items()}
    return {**merged, VISIBLE: ",".join(gpus)} if gpus else merged


def _present() -> list[str]:
    """Numbers of whole GPUs, and UUIDs of MIG instances where a GPU is split: CUDA shows a process only those named."""
    program = shutil.which("nvidia-smi")
    if program is not None:
        told = subprocess.run([program, "-L"], capture_output=True, text=True, timeout=_SMI_TIMEOUT_S, check=False)
        if told.returncode == 0:
            return listed(told.stdout)
    files = os.listdir("/dev") if os.path.isdir("/dev") else []
    # In a container the files keep the host's numbers, while CUDA counts from 0.
    return [str(number) for number in range(sum(re.fullmatch(r"nvidia\d+", name) is not None for name in files))]


def listed(text: str) -> list[str]:
    """The devices in what `nvidia-smi -L` prints: a line a GPU, and below it an indented line a MIG instance."""
    found: list[list[str]] = []
    numbers: list[str] = []
    for line in text.splitlines():
        if gpu := re.match(r"GPU (\d+):", line):
            numbers.append(gpu[1])
            found.append([])
        elif (instance := re.search(r"\(UUID:\s*(MIG-[^)\s]+)\)", line)) and found:
            found[-1].append(instance[1])
    return [name for number, instances in zip(numbers, found, strict=True) for name in instances or [number]]
