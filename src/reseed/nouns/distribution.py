"""Distribution: how a quantity varies between patients, or how uncertain it is."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Distribution:
    """A named law with its numbers, in the unit of the quantity it describes.

    kind         numbers used
    `fixed`      centre
    `normal`     centre = mean, spread = SD
    `lognormal`  centre = median, spread = CV of the untransformed quantity (a fraction)
    `logitnormal` centre = median in (0, 1), spread = SD on the logit scale
    `uniform`    low, high
    `gamma`      shape, scale
    `beta`       shape, scale as the two shapes; the result lies between low and high
    `negative_binomial` centre = mean, shape = size
    `bernoulli`  centre = probability of 1
    `categorical` weights, one per level; the result is the index of the level
    Where low or high are given the law is truncated to them (by its inverse distribution
    function, not by rejection).
    """

    kind: str
    centre: float = 0.0
    spread: float = 0.0
    shape: float = 0.0
    scale: float = 0.0
    low: float | None = None
    high: float | None = None
    weights: tuple[float, ...] = ()

    def centred(self, centre: float, scale: float) -> Distribution:
        """About another centre, in a unit of which one of the old is `scale`."""
        return replace(
            self,
            centre=centre,
            spread=self.spread * scale if self.kind == "normal" else self.spread,
            low=None if self.low is None else self.low * scale,
            high=None if self.high is None else self.high * scale,
        )
