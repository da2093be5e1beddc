"""Waves to log-mel images."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from skopt_nn import LogMelSpectrogram, load, save
from skopt_nn.preprocessing import _log_mel

# Windows of two samples, so that the tables of the checks are long enough to be waves.
SHORT = LogMelSpectrogram(
    sample_rate=100, window_length=0.02, n_mels=1, n_fft=8, f_min=0.0
)


@parametrize_with_checks([SHORT])
def test_it_passes_the_checks_of_sklearn(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def waves():
    return np.random.default_rng(0).uniform(-1, 1, (3, 900))


def expected(wave, rate, n_window, hop, n_fft, n_mels, f_min, f_max):
    """The formula of the docstring, a number at a time."""
    mel = np.linspace(
        2595 * np.log10(1 + f_min / 700), 2595 * np.log10(1 + f_max / 700), n_mels + 2
    )
    corners = 700 * (10 ** (mel / 2595) - 1)
    i, k = np.arange(n_window), np.arange(n_fft // 2 + 1)
    waves = np.exp(-2j * np.pi * np.outer(k, i) / n_fft)
    window = np.sin(np.pi * i / n_window) ** 2
    image = np.empty((1 + (len(wave) - n_window) // hop, n_mels))
    for t in range(len(image)):
        power = np.abs(waves @ (window * wave[t * hop : t * hop + n_window])) ** 2
        for m, triangle in enumerate(zip(corners, corners[1:], corners[2:])):
            height = np.interp(k * rate / n_fft, triangle, [0, 1, 0])
            image[t, m] = np.log(height @ power + 1e-6)
    return image


@pytest.mark.parametrize("n_fft", [256, 300])
def test_the_values_are_those_of_the_formula(waves, n_fft):
    made = LogMelSpectrogram(
        sample_rate=8000, n_fft=n_fft, n_mels=10, f_min=50.0, f_max=3500.0
    ).fit_transform(waves)
    for image, wave in zip(made, waves):
        right = expected(wave, 8000, 200, 80, n_fft, 10, 50, 3500)
        np.testing.assert_allclose(image[..., 0], right, rtol=1e-5, atol=1e-4)


def test_images_have_a_row_a_window_and_one_channel(waves):
    images = LogMelSpectrogram(sample_rate=8000).fit_transform(waves)
    # 1 + (900 - 200) // 80 windows lie within a wave.
    assert (images.shape, images.dtype) == ((3, 9, 40, 1), np.float32)


def test_a_transform_is_as_long_as_the_next_power_of_two(waves):
    assert LogMelSpectrogram(sample_rate=8000).fit(waves).n_fft_ == 256
    power = LogMelSpectrogram(sample_rate=8000, window_length=0.016).fit(waves)
    assert power.n_fft_ == 128


def test_the_highest_band_ends_at_half_the_rate_of_the_samples(waves):
    half = LogMelSpectrogram(sample_rate=8000, f_max=4000.0).fit_transform(waves)
    whole = LogMelSpectrogram(sample_rate=8000).fit_transform(waves)
    np.testing.assert_array_equal(half, whole)


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "uint8", "uint16"])
def test_integers_stand_for_their_part_of_their_range(waves, dtype):
    info = np.iinfo(dtype)
    half = 2.0 ** (info.bits - 1)
    middle = half if info.min == 0 else 0
    whole = np.clip(np.round(waves * half + middle), info.min, info.max).astype(dtype)
    mel = LogMelSpectrogram(sample_rate=8000)
    as_floats = mel.fit_transform((whole.astype(float) - middle) / half)
    np.testing.assert_array_equal(mel.fit_transform(whole), as_floats)


def test_silence_is_the_floor():
    image = LogMelSpectrogram().fit_transform(np.zeros((1, 400)))
    np.testing.assert_allclose(image, np.log(1e-6), rtol=1e-6)


def test_a_tone_is_loudest_in_the_band_around_it():
    times = np.arange(4000) / 16_000
    mel = LogMelSpectrogram()
    image = mel.fit_transform(np.sin(2 * np.pi * 1000 * times)[None])
    band = image[0, ..., 0].mean(axis=0).argmax()
    frequencies = np.arange(257) * 16_000 / 512
    peak = frequencies[mel.filters_[:, band].argmax()]
    assert abs(peak - 1000) < 100


def test_chunks_of_waves_give_what_all_of_them_give(waves, monkeypatch):
    mel = LogMelSpectrogram(sample_rate=8000).fit(waves)
    whole = mel.transform(waves)
    monkeypatch.setattr(_log_mel, "_CHUNK_VALUES", 1)
    np.testing.assert_array_equal(mel.transform(waves), whole)


def test_a_pickle_and_a_clone_give_the_same_images(waves):
    mel = LogMelSpectrogram(sample_rate=8000).fit(waves)
    images = mel.transform(waves)
    np.testing.assert_array_equal(
        pickle.loads(pickle.dumps(mel)).transform(waves), images
    )
    np.testing.assert_array_equal(clone(mel).fit_transform(waves), images)


@pytest.mark.parametrize("params", [{"hop_length": 0.5}, {"sample_rate": 16_000}])
def test_parameters_set_behind_fit_change_no_image(waves, params):
    mel = LogMelSpectrogram(sample_rate=8000).fit(waves)
    images = mel.transform(waves)
    np.testing.assert_array_equal(mel.set_params(**params).transform(waves), images)


def test_it_is_saved_and_loaded(waves, tmp_path):
    mel = LogMelSpectrogram(sample_rate=8000).fit(waves)
    save(mel, tmp_path / "mel.nn")
    images = load(tmp_path / "mel.nn").transform(waves)
    np.testing.assert_array_equal(images, mel.transform(waves))


# -- what is refused -------------------------------------------------------------


def test_waves_shorter_than_a_window_are_refused():
    match = r"window_length=0.025 s, which are 400 samples .* got n_features=399"
    with pytest.raises(ValueError, match=match):
        LogMelSpectrogram().fit(np.zeros((2, 399)))


def test_waves_of_another_length_are_refused(waves):
    mel = LogMelSpectrogram(sample_rate=8000).fit(waves)
    with pytest.raises(ValueError, match="X has 901 features, but LogMelSpectrogram"):
        mel.transform(np.zeros((2, 901)))


@pytest.mark.parametrize(
    "limits", [{"f_max": 4001.0}, {"f_max": 20.0}, {"f_min": 4000.0}], ids=str
)
def test_frequencies_that_samples_do_not_hold_are_refused(waves, limits):
    match = r"f_min < f_max <= sample_rate / 2 = 4000.0 Hz must hold, got f_min="
    with pytest.raises(ValueError, match=match):
        LogMelSpectrogram(sample_rate=8000, **limits).fit(waves)


def test_more_bands_than_there_are_frequencies_for_are_refused(waves):
    match = r"n_mels=100 bands .* too many for n_fft=256: \d+ of them hold none"
    with pytest.raises(ValueError, match=match):
        LogMelSpectrogram(sample_rate=8000, n_mels=100).fit(waves)


def test_a_transform_shorter_than_a_window_is_refused(waves):
    with pytest.raises(ValueError, match="n_fft must be at least the 200 samples"):
        LogMelSpectrogram(sample_rate=8000, n_fft=128).fit(waves)


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_integers_that_are_next_to_silence_are_told(waves, dtype):
    spectrogram = LogMelSpectrogram(sample_rate=8000)
    with pytest.warns(UserWarning, match="next to silence"):
        spectrogram.fit((waves * 30_000).astype(dtype))


def test_waves_beyond_single_precision_are_refused(waves):
    with pytest.raises(ValueError, match="Divide waves by"):
        LogMelSpectrogram(sample_rate=8000).fit_transform(waves * 1e200)


@pytest.mark.parametrize("kind", [list, lambda waves: np.array(waves, dtype=object)])
def test_waves_of_several_lengths_are_refused(waves, kind):
    wave = waves[0]
    with pytest.raises(ValueError, match=r"of one length, got .* Cut them, or pad"):
        LogMelSpectrogram(sample_rate=8000).fit(kind([wave, wave[:-7]]))


def test_two_channels_are_refused(waves):
    with pytest.raises(ValueError, match=r"one channel, .* X\.mean\(axis=-1\)"):
        LogMelSpectrogram(sample_rate=8000).fit(np.stack([waves, waves], axis=-1))
