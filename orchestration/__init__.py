"""Kobling: what a municipality's caseworkers do, coupled with what it costs."""
