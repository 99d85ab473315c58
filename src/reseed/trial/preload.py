"""Imported once by the server from which worker processes are forked."""

import scipy.integrate
import scipy.special
import symengine

import reseed.trial.batch

__all__ = ["reseed", "scipy", "symengine"]
