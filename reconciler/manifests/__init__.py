"""Files of a revision -> checked declarations and problems; the only place that knows YAML."""
