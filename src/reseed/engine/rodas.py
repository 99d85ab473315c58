"""Rodas5P as a SciPy solver: a one-step method, so a dose costs no restart.

Stiffly accurate, L-stable, order 5 with an embedded order 4 and an interpolant of order 4.
Steinebach 2023, doi:10.1007/s10543-023-00967-x (coefficients as published there).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import DenseOutput, OdeSolver
from scipy.linalg.lapack import dgetrf, dgetrs

from reseed.engine.functions import Compiled

Vector = NDArray[np.float64]

GAMMA = 0.21193756319429014
_A6 = (
    -7.502846399306121,
    2.561846144803919,
    -11.627539656261098,
    -0.18268767659942256,
    0.030198172008377946,
)
A = (  # stage i is evaluated at y + sum_j A[i][j] k_j
    (),
    (3.0,),
    (2.849394379747939, 0.45842242204463923),
    (-6.954028509809101, 2.489845061869568, -10.358996098473584),
    (2.8029986275628964, 0.5072464736228206, -0.3988312541770524, -0.04721187230404641),
    _A6,
    (*_A6, 1.0),
    (*_A6, 1.0, 1.0),
)
C = (  # and its right-hand side gains sum_j C[i][j] k_j / h
    (),
    (-14.155112264123755,),
    (-17.97296035885952, -2.859693295451294),
    (147.12150275711716, -1.41221402718213, 71.68940251302358),
    (165.43517024871676, -0.4592823456491126, 42.90938336958603, -5.961986721573306),
    (
        24.854864614690072,
        -3.0009227002832186,
        47.4931110020768,
        5.5814197821558125,
        -0.6610691825249471,
    ),
    (
        30.91273214028599,
        -3.1208243349937974,
        77.79954646070892,
        34.28646028294783,
        -19.097331116725623,
        -28.087943162872662,
    ),
    (
        37.80277123390563,
        -3.2571969029072276,
        112.26918849496327,
        66.9347231244047,
        -40.06618937091002,
        -54.66780262877968,
        -9.48861652309627,
    ),
)
NODES = (
    0.0,
    0.6358126895828704,
    0.4095798393397535,
    0.9769306725060716,
    0.4288403609558664,
    1,
    1,
    1,
)
IN_TIME = (GAMMA, -0.42387512638858027, -0.3384627126235924, 1.8046452872882734, 2.325825639765069)
INTERPOLANT = np.array(
    [
        [
            25.948786856663858,
            -2.5579724845846235,
            10.433815404888879,
            -2.3679251022685204,
            0.524948541321073,
            1.1241088310450404,
            0.4272876194431874,
            -0.17202221070155493,
        ],
        [
            -9.91568850695171,
            -0.9689944594115154,
            3.0438037242978453,
            -24.495224566215796,
            20.176138334709044,
            15.98066361424651,
            -6.789040303419874,
            -6.710236069923372,
        ],
        [
            11.419903575922262,
            2.8879645146136994,
            72.92137995996029,
            80.12511834622643,
            -52.072871366152654,
            -59.78993625266729,
            -0.15582684282751913,
            4.883087185713722,
        ],
    ]
)
_AC = [np.array([a, c]) for a, c in zip(A, C, strict=True)]  # one product serves both

SAFETY, SLOWEST, FASTEST = 0.95, 0.2, 6.0  # bounds of the change from step to step
FIRST_STEP = 1e-2  # days; a first step that is too long costs one rejection


class Slope:
    """dy/dt for one patient's parameters; `into` takes y from `state` and writes into an array.

    The eight evaluations of a step are most of its time, so they copy and check nothing.
    """

    def __init__(self, rates: Compiled, parameters: Vector, size: int) -> None:
        self.vector = np.concatenate([np.zeros(size), parameters, [0.0]])
        self.state = self.vector[:size]
        self.fill = rates.fill

    def into(self, t: float, out: Vector) -> None:
        """The slope at (t, state), into `out`."""
        self.vector[-1] = t
        self.fill(self.vector, out)

    def __call__(self, t: float, y: Vector) -> Vector:
        self.state[:] = y
        out = np.empty(len(self.state))
        self.into(t, out)
        return out


class Rodas5P(OdeSolver):
    """`fun` is a Slope and `jac(t, y)` is needed; `in_time(t, y)` is df/dt, None where it is 0."""

    t: float
    y: Vector
    t_old: float

    def __init__(
        self,
        fun: Slope,
        t0: float,
        y0: Vector,
        t_bound: float,
        *,
        rtol: float,
        atol: Vector,
        jac: Callable[[float, Vector], Vector],
        max_step: float = np.inf,
        first_step: float = FIRST_STEP,
        in_time: Callable[[float, Vector], Vector] | None = None,
    ) -> None:
        super().__init__(fun, t0, y0, t_bound, vectorized=False)
        self.rtol, self.atol, self.jac, self.in_time = rtol, atol, jac, in_time
        self.rates = fun
        self.max_step = max_step
        # Cells are 1e10 and drugs are milligrams: without scaling, pivoting mixes their rows and
        # rounding errors of the large ones swamp the small ones.
        self.scale = np.asarray(atol) / np.max(atol)
        self.dust = 1e-12 * np.asarray(atol)
        self.inverse = 1.0 / self.scale
        self.scaling = self.scale * self.inverse[:, None]
        self.h = min(first_step, max_step)
        self.stages = np.empty((8, self.n))
        self.slope = fun(t0, self.y)
        self.y_old = self.y

    def _step_impl(self) -> tuple[bool, str | None]:
        t, y = self.t, self.y
        matrix = self.jac(t, y)
        tilt = self.in_time(t, y) if self.in_time else None
        smallest = 16 * np.spacing(max(abs(t), 1.0))
        while True:
            left = self.t_bound - t
            h = min(self.h, self.max_step)
            last = h >= 0.999 * left
            h = left if last else h
            if h < smallest and not last:
                return False, "step too small"
            new, error = self._try(t, y, h, matrix, tilt)
            factor = SAFETY * error**-0.2 if error > 0 else FASTEST
            if not np.isfinite(error):
                self.h = 0.1 * h
            elif error <= 1.0:
                # a last step cut short says nothing against the longer one that was planned
                self.h = max(self.h, h * min(factor, FASTEST)) if last else h * min(factor, FASTEST)
                break
            else:
                self.h = h * max(factor, SLOWEST)
        self.y_old, self.y = y, new
        self.t = self.t_bound if last else t + h
        self.slope = self.rates(self.t, new)
        return True, None

    def _try(
        self, t: float, y: Vector, h: float, matrix: Vector, tilt: Vector | None
    ) -> tuple[Vector, float]:
        """The state after a step of `h`, and its error in units of the tolerance."""
        iteration = matrix * -self.scaling
        iteration.flat[:: self.n + 1] += 1.0 / (GAMMA * h)
        factors, pivots, _ = dgetrf(iteration, overwrite_a=True)
        k, rates, shift = self.stages, self.rates, np.zeros(0)
        for i in range(8):
            stage = k[i]
            if i:
                shift, pull = _AC[i].dot(k[:i])
                np.add(y, shift, out=rates.state)
                rates.into(t + NODES[i] * h, stage)
                pull /= h
                stage += pull
            else:
                stage[:] = self.slope
            if tilt is not None and i < 5:
                stage += (h * IN_TIME[i]) * tilt
            stage *= self.inverse
            dgetrs(factors, pivots, stage, overwrite_b=True)
            stage *= self.scale
        new = y + shift
        new += k[7]
        new[np.abs(new) < self.dust] = 0.0  # a drug long gone: no denormals, no -1e-35
        ratio = k[7] / (self.atol + self.rtol * np.maximum(np.abs(y), np.abs(new)))
        return new, float(np.sqrt(ratio @ ratio / self.n))

    def _dense_output_impl(self) -> DenseOutput:
        return Interpolant(self.t_old, self.t, self.y_old, self.y, INTERPOLANT @ self.stages)


class Interpolant(DenseOutput):
    """The polynomial of one step: y0 and y1 at its ends, three rows of coefficients between."""

    def __init__(self, t_old: Any, t: float, y_old: Vector, y: Vector, rows: Vector) -> None:
        super().__init__(t_old, t)
        self.y_old, self.y, self.rows, self.h = y_old, y, rows, t - t_old

    def __call__(self, t: Any) -> Vector:
        s = (float(t) - self.t_old) / self.h
        r = 1.0 - s
        a, b, c = self.rows
        return r * self.y_old + s * (self.y + r * (a + s * (b + s * c)))
