"""What `patchwarden doctor` looks at, one module per thing that can be unwell."""
