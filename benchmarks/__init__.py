"""What Patchwarden costs, next to yardsticks measured in the same run: `python -m benchmarks`.

One module per figure. Each has a function `measure` that gives figures; `measuring/` has what they
measure with. docs/performance.md says how to read the results.
"""
