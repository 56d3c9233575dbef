#!/bin/sh
# Makes roles and databases in an empty PostgreSQL; its image runs this once, before anybody else
# can connect. Temporal and Backhaul cannot enter each other's databases, and Backhaul's programs
# run as a role that owns no table, so that the row-level policies bind them.
set -eu

: "${TEMPORAL_DB_PASSWORD:?}" "${OWNER_DB_PASSWORD:?}" "${APP_DB_PASSWORD:?}"

# By \getenv and not as arguments: those are seen by every user of a machine.
psql --no-psqlrc --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
\getenv temporal TEMPORAL_DB_PASSWORD
\getenv owner OWNER_DB_PASSWORD
\getenv app APP_DB_PASSWORD
CREATE ROLE temporal LOGIN PASSWORD :'temporal';
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;
REVOKE ALL ON DATABASE temporal FROM PUBLIC;
REVOKE ALL ON DATABASE temporal_visibility FROM PUBLIC;

CREATE ROLE backhaul_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'owner';
CREATE ROLE backhaul_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'app';
CREATE DATABASE backhaul OWNER backhaul_owner;
REVOKE ALL ON DATABASE backhaul FROM PUBLIC;
GRANT CONNECT ON DATABASE backhaul TO backhaul_app;
SQL
