"""Which devices a study has, and how many of them each kind of its jobs takes.

Where there are GPUs, a device is a GPU: a training takes `train.processes` of them (an arm may say otherwise), an
evaluation one, or as many as its server spans, and grading none. Where there are none, a device is a group of
`train.threads` cores, and grading takes one of these, too.
"""

from dataclasses import dataclass

from thalweg.engine.devices import VISIBLE, device_names
from thalweg.engine.local import cpu_workers, gpu_workers
from thalweg.errors import InputError
from thalweg.generate.vllm_command import check_program
from thalweg.study.config import Loaded, StudyConfig
from thalweg.train.config import TrainConfig


def devices(config: StudyConfig) -> list[dict[str, str]]:
    """The environments of all devices; with `workers`, those on which so many rungs are trained side by side."""
    gpus = gpu_workers()
    if config.workers is None:
        return gpus or cpu_workers(config.train.threads)
    wanted = config.workers * _widest(config)
    found = gpus or cpu_workers(config.train.threads)
    return (found * wanted)[:wanted]


def side_by_side(config: StudyConfig) -> int:
    """How many rungs can be trained at once."""
    return max(1, len(devices(config)) // _widest(config))


@dataclass(frozen=True, slots=True)
class Shares:
    """Devices by kind of job."""

    gpus: bool
    count: int  # different ones
    serving: int  # of a model server

    @classmethod
    def of(cls, config: StudyConfig) -> "Shares":
        found = devices(config)
        serving = config.serve.tensor_parallel * config.serve.data_parallel if config.serve else 1
        return cls(any(VISIBLE in device for device in found), len(set(device_names(found))), serving)

    def training(self, train: TrainConfig) -> int:
        """Of one training."""
        return self._there(train.processes)

    @property
    def served(self) -> int:
        """Of a model behind a server of its own."""
        return self._there(self.serving)

    @property
    def grading(self) -> int:
        """Of a job that needs processors alone."""
        return 0 if self.gpus else 1

    def _there(self, wanted: int) -> int:
        """Cores may be fewer than asked for, and only make it slower; GPUs are checked by `check_devices`."""
        return wanted if self.gpus else min(wanted, self.count)


def check_devices(loaded: Loaded) -> None:
    """Raises `InputError` where a job needs more GPUs than there are, or students a server that is not there."""
    if loaded.config.serve is not None:
        check_program(loaded.config.serve.serving(loaded.folder), f"{loaded.file}: serve.command")
    config, found = loaded.config, devices(loaded.config)
    if not any(VISIBLE in device for device in found):
        return
    count = len(set(device_names(found)))
    wanted = {f"arms.{arm}: train.processes": config.train_of(arm).processes for arm in config.arms}
    if config.serve is not None:
        wanted["serve: tensor_parallel times data_parallel"] = Shares.of(config).serving
    for key, need in wanted.items():
        if need > count:
            problem = f"it is {need}, and there are {count} GPUs to use (CUDA_VISIBLE_DEVICES, 'workers')"
            raise InputError(f"{loaded.file}: {key}", problem, f"use at most {count}")


def _widest(config: StudyConfig) -> int:
    """The devices of the widest training, of those that there can be."""
    there = len(gpu_workers() or cpu_workers(config.train.threads))
    return min(there, max(config.train_of(arm).processes for arm in config.arms))
