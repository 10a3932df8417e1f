# Runs in the server's container right after its start: makes the databases beside the first one, each with a role of its
# name that owns it, and sets their passwords. What is there already stays, so it can run at every start.
set -euo pipefail
export PGHOST=127.0.0.1 PGUSER="$POSTGRES_USER" PGDATABASE="$POSTGRES_DB"
PGPASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
export PGPASSWORD
# The temporary server of a first start does not listen here. Recovery after a crash may take its time.
until pg_isready --quiet; do
  if [ "$SECONDS" -ge "$WAIT_SECONDS" ]; then
    echo "the server takes no connections after $WAIT_SECONDS s" >&2
    exit 1
  fi
  sleep 0.5
done
for file in "$DATABASES_FOLDER"/*; do
  # The folder is empty while none of the Secrets is there.
  [ -f "$file" ] || continue
  psql --no-psqlrc --quiet --output /dev/null --set ON_ERROR_STOP=1 --set name="${file##*/}" --set file="$file" <<'SQL'
\set password `cat :'file'`
SELECT format('CREATE ROLE %I LOGIN', :'name') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'name') \gexec
ALTER ROLE :"name" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
SELECT format('CREATE DATABASE %I OWNER %I', :'name', :'name')
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
REVOKE CONNECT, TEMPORARY ON DATABASE :"name" FROM PUBLIC;
REVOKE CONNECT, TEMPORARY ON DATABASE :"DBNAME" FROM PUBLIC;
SQL
done
