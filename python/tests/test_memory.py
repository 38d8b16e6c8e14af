import pickle
from concurrent.futures import ThreadPoolExecutor

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


@pytest.mark.parametrize("rule", ["tpam", "graded_hebbian", "top1", "power", "softmax", "pinv", "willshaw"])
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


def test_settings_of_rules(phasors):
    memory = striate.memory.AssociativeMemory(128, rule="power", power=2.5, overlap_cut=0.1, overlap_top=5)
    assert memory.settings["power"] == 2.5 and memory.settings["overlap_top"] == 5
    assert striate.memory.AssociativeMemory(128, rule="softmax", beta=7).settings["beta"] == 7
    assert striate.memory.AssociativeMemory(128, rule="pinv", ridge=0.1).settings["ridge"] == 0.1
    with pytest.raises(ValueError, match="tpam has no beta; softmax has"):
        striate.memory.AssociativeMemory(128, beta=3)
    with pytest.raises(ValueError, match="power"):
        striate.memory.AssociativeMemory(128, rule="power", power=0.5)


def test_power_is_the_field_it_says(phasors):
    memory = striate.memory.AssociativeMemory(128, rule="power", power=2, dtype=np.float64)
    memory.store(phasors)
    a = memory.overlaps(phasors) / 12  # phasors of 12 units
    np.testing.assert_allclose(
        memory.energy(phasors), -12 * (np.abs(a) ** 3).sum(axis=1) / 3, rtol=1e-12
    )


def test_signs_are_recalled():
    rng = np.random.default_rng(1)
    signs = rng.choice([-1.0, 1.0], (8, 200))
    memory = striate.memory.AssociativeMemory(200, rule="hopfield")
    ids = memory.store(signs.astype(complex))
    cues = signs.copy()
    cues[:, :30] *= -1
    result = memory.recall(cues.astype(complex))
    np.testing.assert_array_equal(result.ids, ids)
    np.testing.assert_array_equal(result.states.toarray(), signs)


def test_targets_are_associated(phasors, tmp_path):
    rng = np.random.default_rng(2)
    targets = rng.standard_normal((20, 5))
    memory = striate.memory.AssociativeMemory(128, rule="hetero", overlap_cut=0.6, dtype=np.float64)
    ids = memory.store(phasors, targets=targets)
    np.testing.assert_array_equal(memory.targets, targets)
    np.testing.assert_allclose(memory.associate(phasors * np.exp(0.4j)), targets, atol=1e-9)
    memory.save(tmp_path / "m.h5")
    loaded = striate.load(tmp_path / "m.h5")
    np.testing.assert_array_equal(loaded.associate(phasors), memory.associate(phasors))
    memory.forget(ids[:5])
    np.testing.assert_array_equal(memory.targets, targets[5:])
    with pytest.raises(ValueError, match="hetero has"):
        striate.memory.AssociativeMemory(128).store(phasors, targets=targets)


def test_complex_targets_turn_with_the_state(phasors):
    rng = np.random.default_rng(2)
    targets = rng.standard_normal((20, 5)) + 1j * rng.standard_normal((20, 5))
    memory = striate.memory.AssociativeMemory(128, rule="hetero", overlap_cut=0.6, dtype=np.float64)
    memory.store(phasors, targets=targets)
    turn = np.exp(0.4j)
    np.testing.assert_allclose(memory.associate(phasors * turn, as_complex=True), turn * targets, atol=1e-9)
    assert memory.targets.shape == (20, 10)


@pytest.mark.parametrize("order", ["synchronous", "asynchronous", "monotone"])
def test_orders_recall_and_do_not_raise_the_energy(phasors, order):
    memory = striate.memory.AssociativeMemory(128, order=order, dtype=np.float64)
    ids = memory.store(phasors)
    seed = {} if order == "synchronous" else {"order_seed": 1}
    result = memory.recall(phasors, trace=True, **seed)
    np.testing.assert_array_equal(result.ids, ids)
    assert result.covered_by == ("none" if order == "synchronous" else "async")
    if result.covered_by == "async":
        for energies in result.energies:
            assert (np.diff(energies) <= 1e-12 * np.abs(energies[0])).all()
    one = memory.recall(phasors, threads=1, **seed).states.toarray()
    np.testing.assert_array_equal(memory.recall(phasors, threads=4, **seed).states.toarray(), one)


def test_familiarity_tells_stored_from_strange(phasors):
    memory = striate.memory.AssociativeMemory(128, dtype=np.float64)
    memory.store(phasors[:10])
    result = memory.recall(phasors)
    np.testing.assert_allclose(result.familiarity[:10], 1)
    cosines = np.sort(np.abs(phasors[:10].conj() @ phasors.T) / 12, axis=0)
    np.testing.assert_allclose(result.familiarity, cosines[-1], atol=1e-12)
    np.testing.assert_allclose(result.familiarity_margins, cosines[-1] - cosines[-2], atol=1e-12)
    assert result.familiarity[10:].max() < 0.7


def test_schedules_start_new_baselines(phasors):
    memory = striate.memory.AssociativeMemory(128, truncation="absolute", theta=8.0)
    memory.store(phasors)
    assert memory.recall(phasors, theta_start=4.0, anneal_steps=2).baselines == [0, 1, 2]
    with pytest.raises(ValueError, match="has no k"):
        memory.recall(phasors, k_start=3)


def test_capacity_report_agrees_with_numpy(phasors):
    memory = striate.memory.AssociativeMemory(128, dtype=np.float64)
    assert memory.capacity_report()["patterns"] == 0
    memory.store(phasors)
    report = memory.capacity_report(damage=0.2)
    codes = phasors / np.linalg.norm(phasors, axis=1, keepdims=True)
    gram = np.abs(codes.conj() @ codes.T)
    off = gram[~np.eye(20, dtype=bool)]
    assert report["rms_overlap"] == pytest.approx(np.sqrt((off**2).mean()), rel=1e-9)
    assert report["worst_overlap"] == pytest.approx(off.max(), rel=1e-9)
    assert report["effective_rank"] == pytest.approx(400 / (gram**2).sum(), rel=1e-9)
    assert report["leading_eigenvalue"] == pytest.approx(
        np.linalg.eigvalsh(codes.conj() @ codes.T).max(), rel=1e-6
    )
    assert report["unit_usage"] == pytest.approx((phasors != 0).mean(axis=0))
    assert report["k"] == 12 and report["accuracy"] > 0.8
    with pytest.raises(ValueError, match="damage is 2"):
        memory.capacity_report(damage=2)


def test_capacity_curves_and_search(phasors):
    loads = dict(active=8, draws=2, cues_per_draw=20)
    curves = striate.memory.capacity_curves(80, ["tpam", "top1"], patterns=[5, 300], **loads)
    assert curves["rule"].tolist() == ["tpam", "tpam", "top1", "top1"]
    assert (curves["similar_low"] <= curves["similar"]).all()
    assert curves["similar"][0] > curves["similar"][1]
    again = striate.memory.capacity_curves(80, ["tpam", "top1"], patterns=[5, 300], threads=1, **loads)
    assert all((curves[key] == again[key]).all() for key in curves)
    found = striate.memory.capacity_search(80, most_patterns=300, **loads)
    assert 5 <= found["patterns"][0] < 300
    own = striate.memory.capacity_curves(codes=phasors, rules="top1", patterns=[20], k=12, damage=0)
    assert own["identified"][0] == 1 and own["units"][0] == 128 and own["winners"][0] == 12
    with pytest.raises(ValueError, match="did you mean tpam"):
        striate.memory.capacity_curves(80, "tpan")
    with pytest.raises(ValueError, match="21 patterns asked of 20 codes"):
        striate.memory.capacity_curves(codes=phasors, patterns=[21])
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


def test_opening_reads_patterns_when_they_are_needed(phasors, tmp_path):
    memory = striate.memory.AssociativeMemory(128, rule="top1")
    memory.store(phasors)
    path = tmp_path / "m.h5"
    memory.save(path)
    assert striate.memory.AssociativeMemory.verify(path) == path.stat().st_size
    opened = striate.memory.AssociativeMemory.load(path)
    assert len(opened) == len(phasors) and opened.rule == "top1" and opened.precision == "f32"
    np.testing.assert_array_equal(opened.nearest(phasors)[0], memory.ids)

    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(OSError, match="damaged"):
        striate.memory.AssociativeMemory.verify(path)
    opened = striate.memory.AssociativeMemory.load(path)
    for _ in range(2):  # not only the first time
        with pytest.raises(OSError, match="damaged"):
            opened.recall(phasors)


def test_fields_and_identities(phasors):
    memory = striate.memory.AssociativeMemory(128, rule="top1", dtype=np.float64)
    ids = memory.store(phasors)
    codes = memory.codes.toarray()
    a = phasors @ codes.conj().T  # the largest is a pattern's with itself
    u = codes * (a / np.abs(a.diagonal())).diagonal()[:, None]
    np.testing.assert_allclose(memory.field(phasors), u, atol=1e-12)
    np.testing.assert_array_equal(memory.identify(phasors)[0], ids)
    mask = np.arange(128) < 64
    np.testing.assert_array_equal(memory.nearest(phasors * mask, mask=mask)[0], memory.nearest(phasors, mask=mask)[0])


def test_four_threads_recall_and_store(phasors):
    for rule in ("tpam", "top1"):
        memory = striate.memory.AssociativeMemory(128, rule=rule, k=12)
        memory.store(phasors)

        def work(i):
            for _ in range(10):
                if i % 2:
                    new = memory.store(phasors[i : i + 1])
                    memory.forget(new)
                else:
                    result = memory.recall(phasors)
                    assert len(result.ids) == len(phasors) and len(memory) >= len(phasors)
                    memory.nearest(phasors)
            return True

        with ThreadPoolExecutor(4) as pool:
            assert all(pool.map(work, range(4)))
        assert len(memory) == len(phasors)
