"""What is done to data that are in the house already: forgotten, put under another key, and said so in an audit trail.

Belongs here: the order of the steps, safe against a crash at any moment. Does not: which columns tie a row to a child
(orchestration/ingest/forgotten), or reading deliveries (orchestration/ingest).
"""
