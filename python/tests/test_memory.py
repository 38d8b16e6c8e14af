import pickle

import numpy as np
import pytest

import striate


@pytest.fixture
def phasors():
    rng = np.random.default_rng(3)
    codes = np.zeros((20, 128), dtype=complex)
    for row in codes:
        on = rng.choice(128, 12, replace=False)
        row[on] = np.exp(2j * np.pi * rng.random(12))
    return codes


@pytest.mark.parametrize("rule", ["tpam", "graded_hebbian", "top1"])
def test_damaged_cues_find_their_patterns(phasors, rule):
    memory = striate.memory.AssociativeMemory(128, rule=rule)
    ids = memory.store(phasors)
    cues = phasors.copy()
    cues[:, :64] = 0
    cues[np.abs(cues).sum(axis=1) == 0] = phasors[np.abs(cues).sum(axis=1) == 0]
    result = memory.recall(cues)
    assert (result.ids == ids).mean() >= 0.9
    assert result.states.shape == (20, 128) and result.states.dtype.kind == "c"


def test_pairs_and_complex_codes_are_the_same(phasors):
    pairs = np.stack([phasors.real, phasors.imag], axis=-1).reshape(20, -1)
    a, b = (striate.memory.AssociativeMemory(128) for _ in range(2))
    a.store(phasors)
    b.store(pairs)
    np.testing.assert_array_equal(a.recall(phasors).states.toarray(), b.recall(pairs).states.toarray())


def test_turning_a_cue_turns_its_state(phasors):
    memory = striate.memory.AssociativeMemory(128, dtype=np.float64)
    memory.store(phasors)
    turned = memory.recall(phasors * np.exp(0.7j)).states.toarray()
    np.testing.assert_allclose(turned, memory.recall(phasors).states.toarray() * np.exp(0.7j), atol=1e-9)


def test_overlaps_are_inner_products(phasors):
    memory = striate.memory.AssociativeMemory(128, rule="graded_hebbian", dtype=np.float64)
    memory.store(phasors)
    stored = memory.codes.toarray()
    np.testing.assert_allclose(
        memory.overlaps(phasors), (stored.conj() @ phasors.T).T, atol=1e-12
    )


def test_forgetting_is_exact_and_ids_are_stable(phasors, tmp_path):
    memory = striate.memory.AssociativeMemory(128)
    memory.store(phasors[:10], ids=np.arange(10))
    memory.save(tmp_path / "before.h5")
    memory.store(phasors[10:], ids=np.arange(100, 110))
    memory.forget(np.arange(100, 110))
    memory.save(tmp_path / "after.h5")
    before, after = (striate.memory.AssociativeMemory.load(tmp_path / f"{n}.h5") for n in ("before", "after"))
    np.testing.assert_array_equal(before.ids, after.ids)
    np.testing.assert_array_equal(before.codes.toarray(), after.codes.toarray())
    with pytest.raises(ValueError, match="77"):
        memory.forget([77])


def test_memories_are_saved_loaded_and_pickled(phasors, tmp_path):
    memory = striate.memory.AssociativeMemory(128, k=12)
    memory.store(phasors)
    memory.save(tmp_path / "m.h5")
    want = memory.recall(phasors).states.toarray()
    for other in (striate.load(tmp_path / "m.h5"), pickle.loads(pickle.dumps(memory))):
        np.testing.assert_array_equal(other.recall(phasors).states.toarray(), want)
        assert other.k == 12


def test_decode_fits_the_gain(phasors):
    rng = np.random.default_rng(0)
    atoms = rng.standard_normal((256, 32))
    memory = striate.memory.AssociativeMemory(128, rule="graded_hebbian", dtype=np.float64)
    memory.store(phasors)
    result = memory.recall(phasors, max_steps=1)
    noisy = rng.standard_normal((20, 32))
    out = memory.decode(result, atoms, noisy)
    states = result.states.toarray()
    plain = np.stack([states.real, states.imag], axis=-1).reshape(20, -1) @ atoms
    gain = np.maximum(0, (noisy * plain).sum(1) / (plain**2).sum(1))
    np.testing.assert_allclose(out, gain[:, None] * plain, rtol=1e-9, atol=1e-12)


def test_defined_answers(phasors):
    memory = striate.memory.AssociativeMemory(128)
    assert memory.recall(phasors).kinds == ["silent"] * 20
    memory.store(phasors)
    cues = phasors[:3].copy()
    cues[0] = 0
    cues[1, 0] = np.nan
    result = memory.recall(cues)
    assert result.kinds[:2] == ["silent", "invalid"] and result.ids[2] == 2
    with pytest.raises(ValueError, match="1"):
        memory.store(np.vstack([phasors[:1], np.zeros((1, 128))]))
    with pytest.raises(ValueError, match="tpam"):
        striate.memory.AssociativeMemory(128, rule="tpma")
    with pytest.raises(ValueError, match="128|256"):
        memory.store(phasors[:, :100])


def test_masks_leave_unknown_units_out(phasors):
    memory = striate.memory.AssociativeMemory(128)
    memory.store(phasors)
    known = np.ones(128, dtype=bool)
    known[:40] = False
    spoiled = phasors.copy()
    spoiled[:, :40] = 7
    a = memory.recall(spoiled, mask=known)
    b = memory.recall(np.where(known, phasors, 0), mask=known)
    np.testing.assert_array_equal(a.ids, b.ids)


def test_layouts_agree_and_say_what_they_take(phasors):
    memories = {
        name: striate.memory.AssociativeMemory(128, rule="tpam", layout=name, dtype=np.float64)
        for name in ("dense", "implicit", "inverted", "auto")
    }
    states = []
    for name, memory in memories.items():
        memory.store(phasors)
        assert memory.layout == {"auto": "dense"}.get(name, name)  # 20 patterns of 128 / 8 to 128
        states.append(memory.recall(phasors[:, ::-1]).states.toarray())
    for state in states[1:]:
        np.testing.assert_allclose(state, states[0], atol=1e-9)
    assert memories["dense"].nbytes > memories["inverted"].nbytes + 16 * 128**2 - 1
    with pytest.raises(ValueError, match="layout is dense but top1 has no weight matrix"):
        striate.memory.AssociativeMemory(128, rule="top1", layout="dense")


def test_decay_and_compaction(phasors):
    memory = striate.memory.AssociativeMemory(128, rule="graded_hebbian", dtype=np.float64)
    memory.store(phasors)
    energy = memory.energy(phasors)
    memory.decay(0.5)
    np.testing.assert_allclose(memory.energy(phasors), 0.5 * np.asarray(energy))
    memory.forget(memory.ids[::2])
    before = memory.recall(phasors).states.toarray()
    memory.compact()
    np.testing.assert_array_equal(memory.recall(phasors).states.toarray(), before)
    with pytest.raises(ValueError, match="the factor is 0"):
        memory.decay(0)
