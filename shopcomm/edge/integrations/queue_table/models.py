"""The queue tables are no models: they stand in a schema of their own, and what is asked of them is asked in SQL.

Django tells an app that the database has been migrated only where it has this module.
"""
