"""Real processes, real servers and real faults -> whether the install base is what it should be."""
