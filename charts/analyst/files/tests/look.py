"""Looks at what the service needs: tables that are there, what was collected, and the language model if there is one."""

import os
import sys
import urllib.request

import psycopg

TIMEOUT_SECONDS = 10
COUNTS = (
    ("prices", "SELECT count(*), max(timestamp)::text FROM prices"),
    ("news", "SELECT count(*), max(published_at)::text FROM news"),
)


def look_at_tables(url):
    """Say what is in the tables; end the test if the database or a table is not there."""
    try:
        with psycopg.connect(url, connect_timeout=TIMEOUT_SECONDS) as connection:
            for name, query in COUNTS:
                count, newest = connection.execute(query).fetchone()
                print(f"{name}: {count}, the newest of {newest}")
    except psycopg.OperationalError as error:
        sys.exit(f"The database does not answer: {error}")
    except psycopg.errors.UndefinedTable as error:
        sys.exit(f"There are no tables yet: nothing was collected, and no service has started. {error}")


def ask_model(url):
    """End the test unless the language model says that it is well."""
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=TIMEOUT_SECONDS) as answer:
            print(f"{url} is well: {answer.status}")
    except OSError as error:
        sys.exit(f"{url} does not answer: {error}")


look_at_tables(os.environ["EKIBEN_DATABASE_URL"])
if os.environ["LLM_URL"]:
    ask_model(os.environ["LLM_URL"])
