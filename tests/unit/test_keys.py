"""Random numbers by address: the bits are those of numpy's Philox, and they look like chance."""

import numpy as np
import pytest

from reseed.base.keys import exponentials, normals, philox_key, uniforms, uniforms_of
from reseed.nouns.key import Key

KEY = Key(20260904, "parameter/melphalan__CL")
MANY = np.arange(200_000)


def numpy_word(key: Key, draw: int, occurrence: int, patient: int, replicate: int) -> int:
    """The first output word of `numpy.random.Philox` at a counter.

    numpy adds one to its counter before it makes a word, so it is set one lower here.
    """
    counter = draw | occurrence << 64 | patient << 128 | replicate << 192
    one_lower = (counter - 1) % 2**256
    words = [one_lower >> shift & 0xFFFFFFFFFFFFFFFF for shift in (0, 64, 128, 192)]
    bits = np.random.Philox(key=np.array(philox_key(key), np.uint64))
    state = bits.state
    state["state"]["counter"] = np.array(words, np.uint64)
    bits.state = state
    return int(bits.random_raw())


@pytest.mark.parametrize(
    "address",
    [
        (0, 0, 0, 0),
        (1, 0, 0, 0),
        (0, 3, 41, 0),
        (7, 2, 10_000_123, 5),
        (2**32 + 5, 2**40, 2**63 - 1, 2**33),
    ],
)
@pytest.mark.parametrize("seed", [0, 1, 2**64 - 1])
def test_bits_are_those_of_numpy(address: tuple[int, int, int, int], seed: int) -> None:
    """An independent implementation of Philox4x64-10 gives the same 53 bits."""
    key = Key(seed, "hazard/infection")
    draw, occurrence, patient, replicate = address
    given = uniforms(key, patient, draw=draw, occurrence=occurrence, replicate=replicate)
    assert float(given) == ((numpy_word(key, *address) >> 11) + 0.5) / 2**53


def test_uniforms_have_the_moments_of_chance() -> None:
    """Four moments within five standard errors, and the open interval."""
    numbers = uniforms(KEY, MANY)
    assert 0.0 < numbers.min() and numbers.max() < 1.0
    for power in (1, 2, 3, 4):
        mean, square = 1 / (power + 1), 1 / (2 * power + 1)
        error = np.sqrt((square - mean**2) / MANY.size)
        assert abs(np.mean(numbers**power) - mean) < 5 * error


def test_uniforms_fill_their_cells_evenly() -> None:
    """Chi-squared over 1,000 cells: mean 999, SD 45."""
    counts = np.bincount((uniforms(KEY, MANY) * 1000).astype(int), minlength=1000)
    assert abs(np.sum((counts - 200.0) ** 2 / 200.0) - 999) < 5 * 45


def test_derived_laws_have_their_moments() -> None:
    """Normal and unit-exponential numbers come from the same addresses."""
    z, e = normals(KEY, MANY), exponentials(KEY, MANY)
    error = 5 / np.sqrt(MANY.size)
    assert abs(z.mean()) < error and abs(z.var() - 1) < error * np.sqrt(2)
    assert abs(e.mean() - 1) < error and abs(np.mean(e > np.log(2)) - 0.5) < error / 2
    assert np.array_equal(e, -np.log(uniforms(KEY, MANY)))


@pytest.mark.parametrize(
    "other",
    [
        lambda: normals(Key(KEY.seed, "parameter/melphalan__V"), MANY),
        lambda: normals(Key(KEY.seed + 1, KEY.stream), MANY),
        lambda: normals(KEY, MANY, draw=1),
        lambda: normals(KEY, MANY, occurrence=1),
        lambda: normals(KEY, MANY, replicate=1),
        lambda: normals(KEY, MANY + 1),
    ],
)
def test_neighbouring_addresses_are_independent(other) -> None:
    """Neither values nor their squares correlate over 200,000 patients."""
    one, two = normals(KEY, MANY), other()
    bound = 5 / np.sqrt(MANY.size)
    assert abs(np.corrcoef(one, two)[0, 1]) < bound
    assert abs(np.corrcoef(one**2, two**2)[0, 1]) < bound


def test_broadcasting_equals_single_calls() -> None:
    """A patient's number does not know how many were asked for."""
    patients, days = np.array([0, 17, 10_000_000]), np.arange(5)
    table = uniforms(KEY, patients[:, None], occurrence=days[None, :], replicate=2)
    assert table.shape == (3, 5)
    for row, patient in enumerate(patients):
        for day in days:
            single = uniforms(KEY, int(patient), occurrence=int(day), replicate=2)
            assert single == table[row, day]
    assert np.array_equal(normals(KEY, MANY)[7:9], normals(KEY, [7, 8]))
    assert np.array_equal(exponentials(KEY, MANY)[[5]], exponentials(KEY, [5]))


def test_several_streams_at_once_are_the_same_numbers() -> None:
    """One number, an array, a table, and many streams together: an address has one number."""
    ids = np.array([0, 3, 10_000_123, 2**40])
    streams = ("parameter/a", "covariate/b", "hazard/c")
    for seed in (1, 2**64 - 1):
        together = uniforms_of(seed, streams, ids, replicate=2)
        for row, stream in zip(together, streams, strict=True):
            key = Key(seed, stream)
            np.testing.assert_array_equal(row, uniforms(key, ids, replicate=2))
            one = [float(uniforms(key, int(patient), replicate=2)) for patient in ids]
            np.testing.assert_array_equal(row, one)
            table = uniforms(key, ids[:, None], occurrence=np.arange(5), replicate=2)
            np.testing.assert_array_equal(table[:, 0], row)
    assert uniforms_of(1, (), ids).shape == (0, 4)
