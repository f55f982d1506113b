"""Where alembic finds the connection it migrates: handed over by the store, never from a file."""

from alembic import context

from layerkeep.edge.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
