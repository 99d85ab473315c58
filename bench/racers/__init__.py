"""Who races: one file each, with `prepare(sbml_text, population, ...)`, which answers `run`.

`run(patients)` takes the indices of patients and returns an array (patient, observable, time).
"""
