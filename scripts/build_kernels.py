"""Compiles the loops of `index/storage/kernels`, and tells each what it is made of; setuptools asks for it.

It is read where nothing of the package can be imported yet.
"""

from __future__ import annotations

import runpy
from pathlib import Path

from setuptools import Extension
from setuptools.command.build_ext import build_ext

_SOURCES = runpy.run_path(str(Path(__file__).parents[1] / "index" / "storage" / "kernels" / "sources.py"))


class BuildKernels(build_ext):
    """As `build_ext`; what a source includes is looked at, too, for whether to compile it anew."""

    def build_extension(self, ext: Extension) -> None:
        """Compile one module."""
        source = Path(ext.sources[0]).with_suffix(".pyx")
        ext.depends = [*ext.depends, *map(str, _SOURCES["parts"](source))]
        ext.define_macros = [*ext.define_macros, ("RELATED_SOURCES", f"{_SOURCES['digest'](source)}u")]
        super().build_extension(ext)
