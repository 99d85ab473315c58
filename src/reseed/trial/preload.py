"""Imported once by the server from which worker processes are forked: they solve and draw."""

import llvmlite.binding
import scipy.special

import reseed.report.drawing.loaded
import reseed.trial.batch
from reseed.base.units import warm_up

__all__ = ["llvmlite", "reseed", "scipy"]

warm_up()
