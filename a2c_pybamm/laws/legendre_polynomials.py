"""Legendre polynomials and their slopes, in arithmetic that serves numbers and symbols."""

from __future__ import annotations

from typing import Any


def legendre(u: Any, order: int) -> list[Any]:
    r"""Legendre polynomials :math:`P_0 \dots P_n` at u: :math:`(k+1)P_{k+1} = (2k+1)\,u\,P_k - k\,P_{k-1}`."""
    terms: list[Any] = [1.0, u]
    for k in range(1, order):
        terms.append(((2 * k + 1) * u * terms[k] - k * terms[k - 1]) / (k + 1))
    return terms[: order + 1]


def legendre_slopes(u: Any, order: int) -> list[Any]:
    r"""Derivatives :math:`P'_0 \dots P'_n` by u: :math:`P'_{k+1} = P'_{k-1} + (2k+1)\,P_k`."""
    slopes: list[Any] = [0.0, 1.0]
    for k, term in enumerate(legendre(u, order)[1:-1], start=1):
        slopes.append(slopes[k - 1] + (2 * k + 1) * term)
    return slopes[: order + 1]
