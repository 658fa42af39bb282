"""The asset graph, from landing to publication, one module a stage.

Belongs here: which assets there are, what they wait for, and what of a stage's result is worth showing.
Does not: how a stage is done; that is in plain modules that know nothing of Dagster.
"""
