"""What belongs to a hospital before any study: site file, keys, audit log, tables, pseudonyms."""
