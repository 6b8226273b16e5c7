"""The shared engines, for when one machine is not enough: object storage and PostgreSQL in place of a folder and a lock file of one machine.

Nothing here is imported unless the settings ask for it (`NPLV_WAREHOUSE=ducklake:…`), and nothing else imports its libraries. A worker works in a folder of its own
(`NPLV_HOME`); what that is at the start, and what all machines know of it afterwards, is in `home`. `objects` reads and writes object storage, `postgres` holds the
locks, `lake` is the warehouse and what analysts attach.
"""
