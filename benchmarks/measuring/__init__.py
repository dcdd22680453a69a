"""What the figures are measured with: servers, load, made-up reports, cores."""
