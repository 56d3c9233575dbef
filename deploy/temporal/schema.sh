#!/bin/sh
# Brings Temporal's two databases to the schema of this image. Run it again, with the newer image and
# before the newer server, to upgrade: one minor version at a time.
set -eu

schema() {
    database=$1
    shift
    temporal-sql-tool --plugin postgres12 --ep "$POSTGRES_SEEDS" --port "$DB_PORT" \
        --user "$POSTGRES_USER" --db "$database" "$@"
}

upgrade() {
    schema "$1" update-schema --schema-dir "/etc/temporal/schema/postgresql/v12/$2/versioned"
}

for pair in temporal:temporal temporal_visibility:visibility; do
    database=${pair%:*} folder=${pair#*:}
    # setup-schema is for an empty database only, and refuses any other.
    upgrade "$database" "$folder" || {
        schema "$database" setup-schema --version 0.0
        upgrade "$database" "$folder"
    }
done
