"""GPUs that a plan can be priced for: published peaks, and what a student's name says about its size.

Peaks are those of the makers' data sheets for dense bfloat16 matrix products (no sparsity) and for memory. Nothing
reaches them: `hardware.utilisation` of the study file is the assumed share. Not covered: the traffic between GPUs.
"""

import json
import re
import struct
from dataclasses import dataclass
from pathlib import Path

_NAMED = re.compile(r"(?<![A-Za-z0-9.])(\d+(?:\.\d+)?)([bm])(?![A-Za-z0-9])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Gpu:
    """Peak bf16 operations a second (dense) and bytes of memory read a second."""

    flops: float
    bandwidth: float


GPUS = {
    "B200": Gpu(2250e12, 8.0e12),
    "H200": Gpu(989e12, 4.8e12),
    "H100": Gpu(989e12, 3.35e12),
    "H100-PCIe": Gpu(756e12, 2.0e12),
    "H800": Gpu(989e12, 3.35e12),
    "A100": Gpu(312e12, 2.04e12),
    "MI300X": Gpu(1307e12, 5.3e12),
    "L40S": Gpu(362e12, 0.864e12),
    "A10": Gpu(125e12, 0.6e12),
    "L4": Gpu(121e12, 0.3e12),
    "RTX-4090": Gpu(165e12, 1.008e12),
}


def parameters_of(source: str) -> float | None:
    """Parameters of a student: those of its safetensors files, else what its name says (`7B`, `135M`), else null."""
    return float(_in_files(Path(source))) or _in_name(source)


def _in_name(source: str) -> float | None:
    found = _NAMED.search(source.rpartition("/")[2])
    return float(found[1]) * {"b": 1e9, "m": 1e6}[found[2].lower()] if found else None


def _in_files(folder: Path) -> int:
    """The sum over the headers of a folder's safetensors files; 0 where there are none."""
    total = 0
    for file in folder.glob("*.safetensors"):
        with open(file, "rb") as data:
            (size,) = struct.unpack("<Q", data.read(8))
            header = json.loads(data.read(size))
        for name, tensor in header.items():
            if name != "__metadata__":
                product = 1
                for dimension in tensor["shape"]:
                    product *= dimension
                total += product
    return total
