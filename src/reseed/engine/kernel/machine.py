"""Machine code from a module's text, with a cache of object files on disk.

An object file is found by what it was made from: the system, the code that writes kernels,
LLVM's version, processor and features.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from reseed.base import cache

OPTIMISE = 1  # 2 and 3 make the same code, later


def lane_width() -> int:
    """How many numbers are computed at a time: as many as a register holds, 8, 4 or 2.

    On Zen 4 four: it works on its wide registers in halves, and the lanes of two narrow ones
    already fill its first-level cache (measured: a patient costs a tenth less).
    """
    _, processor, listed = _target()
    features = set(listed.split(","))
    if "+avx512f" in features and "+avx512dq" in features and processor != "znver4":
        return 8
    return 4 if "+avx2" in features and "+fma" in features else 2


@lru_cache(maxsize=1)
def _target() -> tuple[str, str, str]:
    """The host's triple, processor and features, in a fixed order."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    found = llvm.get_host_cpu_features()
    features = ",".join(f"{'+' if on else '-'}{name}" for name, on in sorted(found.items()))
    return llvm.get_process_triple(), llvm.get_host_cpu_name(), features


class Machine:
    """The machine code of one module; it lives as long as this object."""

    def __init__(self, code: bytes, names: Sequence[str]) -> None:
        import llvmlite.binding as llvm

        triple, processor, features = _target()
        target = llvm.Target.from_triple(triple).create_target_machine(
            cpu=processor, features=features, opt=OPTIMISE, jit=True
        )
        self._jit = llvm.create_lljit_compiler(target)
        library = llvm.JITLibraryBuilder().add_object_img(code)
        for name in names:
            library.export_symbol(name)
        self._code = library.link(self._jit, "kernel")

    def function(self, name: str) -> Any:
        """A function of one pointer, callable from any thread without the interpreter's lock."""
        return ctypes.CFUNCTYPE(None, ctypes.c_void_p)(self._code[name])


def compile_text(text: str) -> bytes:
    """An object file for this processor."""
    import llvmlite.binding as llvm

    triple, processor, features = _target()
    target = llvm.Target.from_triple(triple).create_target_machine(
        cpu=processor, features=features, opt=OPTIMISE, jit=True, reloc="static", codemodel="large"
    )
    module = llvm.parse_assembly(text)
    module.triple = triple
    module.data_layout = str(target.target_data)
    # variables into registers, and no more: the text is what we want the processor to do already,
    # and LLVM's own pipeline takes a third of a second to make it slower by a tenth (measured)
    passes = llvm.create_new_module_pass_manager()
    passes.add_sroa_pass()
    passes.add_simplify_cfg_pass()
    options = llvm.create_pipeline_tuning_options(speed_level=1)
    passes.run(module, llvm.create_pass_builder(target, options))
    return bytes(target.emit_object(module))


def name_of(*parts: str) -> str:
    """What an object file is called that was made from these, by this code, for this processor."""
    import llvmlite

    everything = (*parts, llvmlite.__version__, *_target(), str(OPTIMISE), _sources())
    return cache.digest_of(*everything)


@lru_cache(maxsize=1)
def _sources() -> str:
    """A digest of the code that writes kernels."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def find(name: str) -> tuple[dict[str, Any], bytes] | None:
    """Facts and object file kept under a name, if they are whole and its own."""
    body = cache.find(name, "kernel")
    if body is None:
        return None
    line, _, code = body.partition(b"\n")
    return json.loads(line), code


def keep(name: str, facts: dict[str, Any], code: bytes) -> None:
    """Facts on a line of their own, then the object file."""
    cache.keep(name, "kernel", json.dumps(facts).encode() + b"\n" + code)
