"""Waves as images of time and frequency."""

from numbers import Real

import numpy as np
from scipy.fft import rfft
from scipy.signal import get_window
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from skopt_nn._compat import FieldConstraints, fit_context, warn
from skopt_nn._parameters import COUNT, OneOf, Range, parameter, parameters

_FLOOR = 1e-6
# The power of what is louder is beyond single precision.
_LOUDEST = 1e9
# Samples of overlapping windows that are in memory at a time, 16 megabytes of them.
_CHUNK_VALUES = 2**22
_DTYPES = [np.float32, np.float64, *map(np.dtype, np.typecodes["AllInteger"])]


@parameters
class LogMelSpectrogram(TransformerMixin, BaseEstimator):
    """Waves in, log-mel spectrograms out: images of time, frequency and one channel.

    Parameters
    ----------
    %(parameters)s

    Attributes
    ----------
    n_features_in_ : int
        Samples of a wave.
    n_fft_ : int
        Samples of each transform.
    n_hop_ : int
        Samples from the start of a frame to that of the next.
    n_frames_ : int
        Windows in a wave.
    window_ : ndarray of shape (n_window,)
        Weights of the samples of a window.
    filters_ : ndarray of shape (n_fft_ // 2 + 1, n_mels)
        Weights of the frequencies in each mel band.

    See Also
    --------
    CNNClassifier : Learns from such images.
    TokenSequencer : Texts to rows of integers.

    Notes
    -----
    With the samples ``x`` in [-1, 1), ``hop`` and ``n_window`` in samples, and the
    periodic Hann window ``w[i] = sin(pi * i / n_window)**2``, the value of frame ``t``
    and band ``m`` is ::

        log(sum(filters[k, m] * abs(F[t, k])**2 for k in range(n_fft // 2 + 1)) + 1e-6)
        F[t, k] = sum(w[i] * x[t * hop + i] * exp(-2j * pi * k * i / n_fft)
                      for i in range(n_window))

    A frame is a window that lies within the wave: there are ``1 + (n_steps - n_window)
    // hop``. Bands are triangles of height 1 over the frequencies ``k * sample_rate /
    n_fft``; their ``n_mels + 2`` corners are evenly spaced from ``f_min`` to ``f_max``
    on the mel scale of HTK [2]_, ``mel(f) = 2595 * log10(1 + f / 700)``.

    References
    ----------
    .. [1] S. B. Davis, P. Mermelstein. "Comparison of Parametric Representations for
       Monosyllabic Word Recognition in Continuously Spoken Sentences". IEEE
       Transactions on Acoustics, Speech, and Signal Processing 28(4), 1980, 357-366.
       doi:10.1109/TASSP.1980.1163420.
    .. [2] S. Young, G. Evermann, M. Gales, T. Hain, D. Kershaw, X. Liu, G. Moore,
       J. Odell, D. Ollason, D. Povey, V. Valtchev, P. Woodland. "The HTK Book".
       Cambridge University Engineering Department, 2006.

    Examples
    --------
    >>> import numpy as np
    >>> from skopt_nn import LogMelSpectrogram
    >>> times = np.arange(16_000) / 16_000
    >>> tones = np.sin(2 * np.pi * np.array([[440.0], [880.0]]) * times)
    >>> images = LogMelSpectrogram().fit_transform(tones)
    >>> images.shape
    (2, 98, 40, 1)
    >>> images.mean(axis=1).argmax(axis=1).ravel()
    array([ 7, 12])
    """

    sample_rate: float = parameter(16_000, Range(Real, 0, closed="neither"))
    """Samples a second, in Hz."""
    window_length: float = parameter(0.025, Range(Real, 0, closed="neither"))
    """Seconds that a frame sees, rounded to samples."""
    hop_length: float = parameter(0.01, Range(Real, 0, closed="neither"))
    """Seconds from the start of a frame to that of the next, rounded to samples."""
    n_fft: int | str = parameter("auto", [COUNT, OneOf(("auto",))], 'int or "auto"')
    """Samples of each transform: the window, and zeros behind it. ``"auto"`` is the
    next power of two.
    """
    n_mels: int = parameter(40, COUNT)
    """Bands of frequencies [1]_."""
    f_min: float = parameter(20.0, Range(Real, 0))
    """Where the lowest band begins, in Hz."""
    f_max: float | None = parameter(
        None, [Range(Real, 0, closed="neither"), None], "float"
    )
    """Where the highest band ends, in Hz, at most half of ``sample_rate``. None for
    that.
    """

    _parameter_constraints = FieldConstraints()

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Make window and filters for waves of this length; nothing else is learned.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_steps)
            Waves: floats, or integers whose range stands for [-1, 1).
        y : None
            Ignored.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            For waves that are shorter than a window, or louder than 1e9.
        """
        X = validate_data(self, _of_one_length(X), dtype=_DTYPES)
        _check_loudness(X)
        n_window = max(round(self.window_length * self.sample_rate), 1)
        if X.shape[1] < n_window:
            raise ValueError(
                "The waves of X must be at least as long as a window, window_length="
                f"{self.window_length} s, which are {n_window} samples at sample_rate="
                f"{self.sample_rate} Hz; got n_features={X.shape[1]} samples. Pad them "
                "with zeros, or set window_length or sample_rate."
            )
        n_fft = self._n_fft(n_window)
        self.filters_ = self._filters(n_fft)
        self.window_ = get_window("hann", n_window).astype(np.float32)
        self.n_fft_ = n_fft
        self.n_hop_ = max(round(self.hop_length * self.sample_rate), 1)
        self.n_frames_ = 1 + (X.shape[1] - n_window) // self.n_hop_
        return self

    def _n_fft(self, n_window):
        if self.n_fft == "auto":
            return 1 << (n_window - 1).bit_length()
        if self.n_fft < n_window:
            raise ValueError(
                f"n_fft must be at least the {n_window} samples of a window, got "
                f'{self.n_fft}. Use "auto", or a shorter window_length.'
            )
        return int(self.n_fft)

    def _filters(self, n_fft):
        """Height of each triangle at each frequency of the transform."""
        nyquist = self.sample_rate / 2
        f_max = nyquist if self.f_max is None else self.f_max
        if not self.f_min < f_max <= nyquist:
            raise ValueError(
                f"f_min < f_max <= sample_rate / 2 = {nyquist} Hz must hold, got "
                f"f_min={self.f_min} and f_max={self.f_max}. None is the largest f_max."
            )
        corners = _hertz(np.linspace(_mel(self.f_min), _mel(f_max), self.n_mels + 2))
        low, peak, high = corners[:-2], corners[1:-1], corners[2:]
        frequencies = np.arange(n_fft // 2 + 1)[:, None] * (self.sample_rate / n_fft)
        rising = (frequencies - low) / (peak - low)
        falling = (high - frequencies) / (high - peak)
        filters = np.maximum(np.minimum(rising, falling), 0)
        empty = np.flatnonzero(filters.max(axis=0) == 0)
        if len(empty):
            raise ValueError(
                f"n_mels={self.n_mels} bands from {self.f_min} to {f_max} Hz are too "
                f"many for n_fft={n_fft}: {len(empty)} of them hold none of its "
                f"frequencies, the first from {low[empty[0]]:.1f} to "
                f"{high[empty[0]]:.1f} Hz. Use fewer, or a larger n_fft or f_min."
            )
        return filters.astype(np.float32)

    def transform(self, X):
        """Log-mel spectrograms.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_steps)
            Waves: floats, or integers whose range stands for [-1, 1).

        Returns
        -------
        ndarray of shape (n_samples, n_frames, n_mels, 1), float32
            An image a wave.
        """
        check_is_fitted(self, "filters_")
        X = validate_data(self, _of_one_length(X), reset=False, dtype=_DTYPES)
        _check_loudness(X)
        shape = (len(X), self.n_frames_, self.filters_.shape[1], 1)
        images = np.empty(shape, dtype=np.float32)
        size = max(_CHUNK_VALUES // (self.n_frames_ * self.n_fft_), 1)
        for start in range(0, len(X), size):
            chunk = slice(start, start + size)
            images[chunk, ..., 0] = self._images(_scaled(X[chunk]))
        return images

    def _images(self, waves):
        windows = np.lib.stride_tricks.sliding_window_view(
            waves, len(self.window_), axis=1
        )[:, :: self.n_hop_]
        spectra = rfft(windows * self.window_, self.n_fft_)
        power = spectra.real**2 + spectra.imag**2
        return np.log(power @ self.filters_ + np.float32(_FLOOR))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags


def _of_one_length(X):
    """X, of which each wave has one channel and as many samples as the others."""
    is_objects = isinstance(X, np.ndarray) and X.ndim == 1 and X.dtype.kind == "O"
    if isinstance(X, (list, tuple)) or is_objects:
        lengths = {len(wave) for wave in X if np.ndim(wave) == 1}
        if len(lengths) > 1:
            raise ValueError(
                "X must hold waves of one length, got some of "
                f"{min(lengths)} to {max(lengths)} samples. Cut them, or pad them with "
                "zeros."
            )
        X = np.asarray(list(X))
    if getattr(X, "ndim", 2) == 3:
        raise ValueError(
            f"X must hold waves of one channel, got dim 3, of shape {X.shape}. Take "
            "one, or their mean: X.mean(axis=-1)."
        )
    return X


def _check_loudness(X):
    """Refuse floats that are too large; warn of integers that are next to silence."""
    low, high = X.min().item(), X.max().item()
    largest = max(-low, high)
    if X.dtype.kind == "f":
        if largest > _LOUDEST:
            raise ValueError(
                f"X must have samples of at most {_LOUDEST:g}, got {largest:g}. Divide "
                "waves by the largest value that a sample may have."
            )
    elif X.dtype.itemsize > 2 and 0 < largest < 2 ** (4 * X.dtype.itemsize):
        warn(
            f"X has {X.dtype} samples of up to {largest}, and the range of that dtype "
            "stands for [-1, 1): they are next to silence. Give integers as their file "
            "has them, such as X.astype('int16'), or floats."
        )


def _scaled(waves):
    """Samples in [-1, 1), as float32; those of unsigned types rest in the middle."""
    if waves.dtype.kind == "f":
        return waves.astype(np.float32)
    info = np.iinfo(waves.dtype)
    half = 2.0 ** (info.bits - 1)
    middle = half if info.min == 0 else 0.0
    return ((waves.astype(np.float64) - middle) / half).astype(np.float32)


def _mel(hertz):
    return 2595 * np.log10(1 + hertz / 700)


def _hertz(mel):
    return 700 * (10 ** (mel / 2595) - 1)
