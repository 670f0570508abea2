"""Databases on a server, PostgreSQL and MariaDB or MySQL: so far their schema can be made, and no store is served from them."""
