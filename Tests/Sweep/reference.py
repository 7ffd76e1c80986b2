#!/usr/bin/env python3
"""Reference values for Tests/SPMDTests/SweepTests.swift, computed by methods other than those of the example Sweep.

    pip install numpy scipy
    Tests/Sweep/reference.py

At a fixed point, the largest exponent is the largest real part of the Jacobian's eigenvalues.
Elsewhere it is measured with SciPy's DOP853 (order 8, adaptive step) instead of a fixed-step Runge-Kutta method.
"""
import numpy as np
from scipy.integrate import solve_ivp


def jacobian(sigma, rho, beta, x, y, z):
    return np.array([[-sigma, sigma, 0], [rho - z, -1, -x], [y, x, -beta]])


def linear(sigma, rho, beta):
    c = np.sqrt(beta * (rho - 1)) if rho > 1 else 0
    return np.linalg.eigvals(jacobian(sigma, rho, beta, c, c, max(rho - 1, 0))).real.max()


def measured(sigma, rho, beta, units, transient=50, tolerance=1e-10):
    def slope(_, s):
        x, y, z = s[:3]
        return np.concatenate(
            ([sigma * (y - x), x * (rho - z) - y, x * y - beta * z], jacobian(sigma, rho, beta, x, y, z) @ s[3:]))

    state = np.array([1.0, 1, 20, 1, 0, 0])
    logs = []
    for unit in range(transient + units):
        state = solve_ivp(slope, (0, 1), state, method="DOP853", rtol=tolerance, atol=tolerance).y[:, -1]
        length = np.linalg.norm(state[3:])
        state[3:] /= length
        if unit >= transient:
            logs.append(np.log(length))
    pieces = np.array_split(np.array(logs), 10)
    return np.mean(logs), np.std([p.mean() for p in pieces], ddof=1) / np.sqrt(len(pieces))


for sigma, rho in [(10, 0.5), (10, 15), (20, 0.5), (20, 15)]:
    print(f"sigma {sigma} rho {rho}: {linear(sigma, rho, 8 / 3):.12f}, from the Jacobian")
for sigma, rho, beta, units in [(10, 28, 8 / 3, 500), (16, 45.92, 4, 300), (10, 100.5, 8 / 3, 200)]:
    value, error = measured(sigma, rho, beta, units)
    print(f"sigma {sigma} rho {rho} beta {beta:.4g}: {value:.4f} +- {error:.4f}, measured")
