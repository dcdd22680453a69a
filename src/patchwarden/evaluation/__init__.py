"""Where verdicts are made: load the facts and the baseline, judge, save.

`run` is the one place that does it; `assignment` says which baseline a node uses;
`kept_reports` puts a stored report together again.
"""
