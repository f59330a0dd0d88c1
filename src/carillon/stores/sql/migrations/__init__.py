"""Migrations of the truth, run by `carillon.stores.sql.migrate`."""
