"""Settings of the whole suite: one thread for each worker, no telemetry, no window, hypothesis that repeats."""

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")  # before numpy is imported: afterwards the libraries no longer look
os.environ["PYBAMM_DISABLE_TELEMETRY"] = "true"
os.environ["MPLBACKEND"] = "Agg"

from hypothesis import settings  # noqa: E402 (after the environment is set)

# A failure must come back in the next run, so that the examples are always the same and more of them cost time each time; and a
# busy machine is no failure.
settings.register_profile("house", derandomize=True, deadline=None, max_examples=40)
settings.load_profile("house")
