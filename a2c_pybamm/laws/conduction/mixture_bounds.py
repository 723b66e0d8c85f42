"""Bounds of the conductivity of a mixture of phases, from the phases' conductivities and volume fractions alone."""

from __future__ import annotations

from typing import Any

import numpy as np


def hashin_shtrikman_bounds(values: Any, fractions: Any, *, dimensions: int = 3) -> tuple[Any, Any]:
    r"""Lower and upper bound of the conductivity of a macroscopically isotropic mixture, in the unit of ``values``.

    .. math:: \sigma_{\mp} = \Bigl[\sum_i \frac{\phi_i}{\sigma_i + (d-1)\sigma_*}\Bigr]^{-1} - (d-1)\sigma_*
              = \frac{\sum_i \phi_i w_i \sigma_i}{\sum_i \phi_i w_i}, \qquad w_i = \frac{d\,\sigma_*}{\sigma_i + (d-1)\sigma_*}

    with :math:`\sigma_*` the least of the phases' conductivities for the lower bound and the largest for the upper one. The
    equations of thermal, ionic and electronic conductivity, diffusivity and permittivity are the same. No better bounds follow
    from the fractions alone: coated spheres of every size reach both when there are two phases. A phase of zero conductivity
    (pores, to electrons) makes the lower bound zero; a phase of zero fraction is left out.

    Parameters
    ----------
    values
        :math:`\sigma_i`, shape ``(n_phase,)`` or ``(n_phase, ...)``, zero or more; complex ones are taken for derivatives by
        complex step, and their real parts decide which is the least and the largest.
    fractions
        :math:`\phi_i`, shape ``(n_phase,)`` or that of ``values``, zero or more, with sum 1 over the phases.
    dimensions
        d; in two, those of a mixture that does not change along its third direction.

    Returns
    -------
    lower, upper
        Of the shape of ``values`` without its first axis.

    Raises
    ------
    ValueError
        If a value is negative or not finite, the fractions do not sum to 1, the shapes do not agree, or ``dimensions`` is
        below 1.

    References
    ----------
    Hashin and Shtrikman, J. Appl. Phys. 33, 3125 (1962), section 3; Milton, The Theory of Composites (2002), chapter 23.
    """
    if not 1 <= dimensions < np.inf:
        raise ValueError(f"{dimensions:g} dimensions of a mixture; give 3, or 2 where it does not change along one direction")
    values, fractions = _phases(values, fractions)
    scale = np.abs(values).max() or 1.0  # products of the largest numbers are none
    values = values / scale
    lower, upper = (_reference(values, fractions, pick) for pick in (np.argmin, np.argmax))
    return scale * _mean(values, fractions, lower, dimensions), scale * _mean(values, fractions, upper, dimensions)


def embedded_mean(values: Any, fractions: Any, reference: Any, *, dimensions: int = 3) -> Any:
    r"""Conductivity of phases that lie as spheres in a matrix of conductivity ``reference``, in the unit of ``values``.

    :math:`\sum_i \phi_i w_i\sigma_i / \sum_i \phi_i w_i` with the weights of `hashin_shtrikman_bounds`, for a reference
    that is not zero. One value and one fraction per phase; the values may be PyBaMM symbols.
    """
    shares = [
        share * dimensions * reference / (value + (dimensions - 1) * reference)
        for value, share in zip(values, fractions, strict=True)
    ]
    return sum(share * value for share, value in zip(shares, values, strict=True)) / sum(shares)


def wiener_bounds(values: Any, fractions: Any) -> tuple[Any, Any]:
    r"""Lower and upper bound of the conductivity of any mixture: phases in series, and side by side.

    .. math:: \sigma_- = \Bigl[\sum_i \phi_i/\sigma_i\Bigr]^{-1}, \qquad \sigma_+ = \sum_i \phi_i\sigma_i

    They hold in every direction of an anisotropic mixture also. Arguments and refusals are those of `hashin_shtrikman_bounds`.

    References
    ----------
    Wiener, Abh. Math.-Phys. Kl. Königl. Sächs. Ges. Wiss. 32, 509 (1912).
    """
    values, fractions = _phases(values, fractions)
    # in one dimension every phase carries the same current: phases in series
    series = _mean(values, fractions, _reference(values, fractions, np.argmin), 1)
    return series, np.sum(fractions * values, axis=0) / np.sum(fractions, axis=0)


def _phases(values: Any, fractions: Any) -> tuple[Any, Any]:
    """Both as arrays with the phases first, fractions of as many axes as values; refused where they are not a mixture."""
    values, fractions = np.asarray(values), np.asarray(fractions)
    if not all(np.issubdtype(given.dtype, np.number) for given in (values, fractions)):
        raise ValueError("conductivities or volume fractions of the phases are not all numbers; give numbers")
    if not values.ndim or not fractions.ndim or not len(values) == len(fractions) > 0:
        raise ValueError(f"values of shape {values.shape} with fractions of {fractions.shape}; give one of each per phase")
    if not np.all(np.isfinite(values)) or np.any(np.real(values) < 0):
        raise ValueError(f"conductivities of the phases {values.tolist()}; give finite ones, zero or more")
    if not np.all(np.real(fractions) >= 0) or not np.allclose(np.real(fractions).sum(axis=0), 1):
        raise ValueError(f"volume fractions of the phases {fractions.tolist()}; give shares, zero or more, that sum to 1")
    if fractions.ndim == 1:
        fractions = fractions.reshape(-1, *[1] * (values.ndim - 1))
    elif fractions.shape != values.shape:
        raise ValueError(f"values of shape {values.shape} with fractions of {fractions.shape}; give both of one shape")
    return values, fractions


def _reference(values: Any, fractions: Any, pick: Any) -> Any:
    """Least or largest conductivity among the phases that are there, by real part, shape of ``values`` without the phases."""
    there = np.broadcast_to(np.real(fractions) > 0, np.broadcast_shapes(values.shape, fractions.shape))
    values = np.broadcast_to(values, there.shape)
    replaced = np.inf if pick is np.argmin else -np.inf
    index = pick(np.where(there, np.real(values), replaced), axis=0)
    return np.take_along_axis(values, np.asarray(index)[np.newaxis], axis=0)[0]


def _mean(values: Any, fractions: Any, reference: Any, dimensions: int) -> Any:
    """`embedded_mean` of arrays, zero where the reference is: a phase is there that stops every current."""
    stopped = reference == 0
    matrix = np.where(stopped, 1, reference)
    present = np.where((np.real(fractions) > 0) & ~stopped, values, matrix)
    mean = embedded_mean(present, fractions, matrix, dimensions=dimensions)
    return np.where(stopped, 0, mean)[()]
