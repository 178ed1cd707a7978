"""What every room may use: errors, configuration, seeds, files, progress, processes, version."""
