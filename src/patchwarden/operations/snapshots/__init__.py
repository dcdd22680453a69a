"""The baselines that nodes are patched by, fixed for some days."""
