"""Randomness with an address: Philox4x64-10 in counter mode, vectorised over patients.

A number is found by (seed, stream) and (draw, occurrence, patient, replicate), never by the
order of calls, so the same patient has the same luck in every arm, batch, block and restart.
Salmon et al. 2011, doi:10.1145/2063384.2063405; the same bits as `numpy.random.Philox`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reseed.nouns.key import Key

_ROUNDS = 10
_MULTIPLIERS = (np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157))
_WEYL = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)
_MASK64 = 0xFFFFFFFFFFFFFFFF
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
    return _fractions(_philox(key, draw, occurrence, patient, replicate))


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
    return key.seed & _MASK64, int.from_bytes(digest, "little")


def uniforms_of(
    seed: int, streams: Sequence[str], patient: ArrayLike, *, replicate: ArrayLike = 0
) -> NDArray[np.float64]:
    """`uniforms` of several streams at once, (stream, patient): the same numbers, sooner."""
    keys = [philox_key(Key(seed, stream))[1] for stream in streams]
    second = np.array(keys, dtype=np.uint64).reshape(-1, 1)
    who = np.asarray(patient, dtype=np.uint64).reshape(1, -1)
    again = np.asarray(replicate, dtype=np.uint64)
    shape = (len(streams), who.shape[1])
    c2, c3 = np.broadcast_to(who, shape), np.broadcast_to(again, shape)
    zero = np.zeros(shape, dtype=np.uint64)
    return _fractions(_rounds(seed & _MASK64, second, (zero, zero, c2, c3)))


def _fractions(words: NDArray[np.uint64]) -> NDArray[np.float64]:
    return ((words >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53


def _philox(
    key: Key, draw: ArrayLike, occurrence: ArrayLike, patient: ArrayLike, replicate: ArrayLike
) -> NDArray[np.uint64]:
    words = tuple(np.asarray(w, dtype=np.uint64) for w in (draw, occurrence, patient, replicate))
    first, second = philox_key(key)
    if all(word.ndim == 0 for word in words):
        return np.asarray(_one(first, second, [int(word) for word in words]), dtype=np.uint64)
    whole = np.broadcast_arrays(*words)
    flat = tuple(np.ascontiguousarray(word).ravel() for word in whole)
    return _rounds(first, np.array([second], dtype=np.uint64), flat).reshape(whole[0].shape)


def _one(k0: int, k1: int, counter: Sequence[int]) -> int:
    """The first word of one counter, in Python's own whole numbers: no array is worth it."""
    c0, c1, c2, c3 = counter
    m0, m1 = (int(one) for one in _MULTIPLIERS)
    for _ in range(_ROUNDS):
        one, other = m0 * c0, m1 * c2
        c0, c1 = (other >> 64) ^ c1 ^ k0, other & _MASK64
        c2, c3 = (one >> 64) ^ c3 ^ k1, one & _MASK64
        k0, k1 = (k0 + _WEYL[0]) & _MASK64, (k1 + _WEYL[1]) & _MASK64
    return c0


def _rounds(
    k0: int, k1: NDArray[np.uint64], words: tuple[NDArray[np.uint64], ...]
) -> NDArray[np.uint64]:
    """The first words of arrays of counters; `k1` fits their shape. Both products are one array."""
    c0, c1, c2, c3 = words
    key = np.stack([np.broadcast_to(np.uint64(k0), c0.shape), np.broadcast_to(k1, c0.shape)])
    steps = np.array(_WEYL, dtype=np.uint64).reshape(2, *(1,) * c0.ndim)
    factors = np.array(_MULTIPLIERS, dtype=np.uint64).reshape(steps.shape)
    halves = factors & _MASK32, factors >> _SHIFT32
    even, odd = np.stack([c0, c2]), np.stack([c1, c3])
    for turn in range(_ROUNDS):
        if turn:
            key = key + steps  # whole numbers of 64 bits wrap, as they should
        high = _high(halves, even)
        even, odd = high[::-1] ^ odd ^ key, (factors * even)[::-1]
    return np.asarray(even[0])


def _high(
    halves: tuple[NDArray[np.uint64], NDArray[np.uint64]], b: NDArray[np.uint64]
) -> NDArray[np.uint64]:
    """The high words of 128-bit products, by 32-bit halves."""
    a_low, a_high = halves
    b_low, b_high = b & _MASK32, b >> _SHIFT32
    middle = a_low * b_high + (a_low * b_low >> _SHIFT32)
    other = a_high * b_low + (middle & _MASK32)
    return a_high * b_high + (middle >> _SHIFT32) + (other >> _SHIFT32)
