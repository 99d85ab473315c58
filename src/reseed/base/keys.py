"""Randomness with an address: Philox4x64-10 in counter mode, vectorised over patients.

A number is found by (seed, stream) and (draw, occurrence, patient, replicate), never by the
order of calls, so the same patient has the same luck in every arm, batch, block and restart.
Salmon et al. 2011, doi:10.1145/2063384.2063405; the same bits as `numpy.random.Philox`.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reseed.nouns.key import Key

_ROUNDS = 10
_MULTIPLIERS = (np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157))
_WEYL = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)
_MASK32 = np.uint64(0xFFFFFFFF)
_SHIFT32 = np.uint64(32)


def uniforms(
    key: Key,
    patient: ArrayLike,
    *,
    draw: ArrayLike = 0,
    occurrence: ArrayLike = 0,
    replicate: ArrayLike = 0,
) -> NDArray[np.float64]:
    """Uniform numbers in the open interval (0, 1), one per address; arguments broadcast.

    `patient`, `draw`, `occurrence` and `replicate` are integers >= 0. The 53 high bits of the
    first output word are used, centred in their cell, so neither 0 nor 1 can occur and an
    inverse distribution function is always finite.
    """
    words = _philox(key, draw, occurrence, patient, replicate)
    return ((words >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53


def normals(
    key: Key,
    patient: ArrayLike,
    *,
    draw: ArrayLike = 0,
    occurrence: ArrayLike = 0,
    replicate: ArrayLike = 0,
) -> NDArray[np.float64]:
    """Standard normal numbers by the inverse distribution function of `uniforms`."""
    from scipy.special import ndtri

    return np.asarray(
        ndtri(uniforms(key, patient, draw=draw, occurrence=occurrence, replicate=replicate))
    )


def exponentials(
    key: Key,
    patient: ArrayLike,
    *,
    draw: ArrayLike = 0,
    occurrence: ArrayLike = 0,
    replicate: ArrayLike = 0,
) -> NDArray[np.float64]:
    """Unit-exponential thresholds by the inverse distribution function of `uniforms`."""
    return -np.log(uniforms(key, patient, draw=draw, occurrence=occurrence, replicate=replicate))


def philox_key(key: Key) -> tuple[int, int]:
    """The two 64-bit key words: the seed, and a digest of the stream's name."""
    digest = hashlib.blake2b(key.stream.encode(), digest_size=8).digest()
    return key.seed & 0xFFFFFFFFFFFFFFFF, int.from_bytes(digest, "little")


def _philox(
    key: Key, draw: ArrayLike, occurrence: ArrayLike, patient: ArrayLike, replicate: ArrayLike
) -> NDArray[np.uint64]:
    words = np.broadcast_arrays(
        *(np.asarray(word, dtype=np.uint64) for word in (draw, occurrence, patient, replicate))
    )
    c0, c1, c2, c3 = words
    k0, k1 = philox_key(key)
    for _ in range(_ROUNDS):
        high0, low0 = _multiply(_MULTIPLIERS[0], c0)
        high1, low1 = _multiply(_MULTIPLIERS[1], c2)
        c0, c1, c2, c3 = high1 ^ c1 ^ np.uint64(k0), low1, high0 ^ c3 ^ np.uint64(k1), low0
        k0 = (k0 + _WEYL[0]) & 0xFFFFFFFFFFFFFFFF
        k1 = (k1 + _WEYL[1]) & 0xFFFFFFFFFFFFFFFF
    return c0


def _multiply(a: np.uint64, b: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """High and low words of the 128-bit product, by 32-bit halves."""
    a_low, a_high = a & _MASK32, a >> _SHIFT32
    b_low, b_high = b & _MASK32, b >> _SHIFT32
    low_low, low_high = a_low * b_low, a_low * b_high
    high_low, high_high = a_high * b_low, a_high * b_high
    middle = (low_low >> _SHIFT32) + (low_high & _MASK32) + (high_low & _MASK32)
    high = high_high + (low_high >> _SHIFT32) + (high_low >> _SHIFT32) + (middle >> _SHIFT32)
    with np.errstate(over="ignore"):  # the low word wraps by definition
        low = a * b
    return high, low
