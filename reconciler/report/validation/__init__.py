"""A judgement -> text, JSON, GitHub annotations, SARIF or JUnit XML, all with the same findings."""
