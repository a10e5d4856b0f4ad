"""Databases as capabilities: typed look-ups of tables, named queries, and a guarded free query.

What a read may not do is kept from it by the database (a read-only file and an authorizer, a read-only transaction),
never by looking at the statement.
"""
