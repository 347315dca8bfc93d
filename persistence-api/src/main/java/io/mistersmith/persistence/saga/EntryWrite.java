package io.mistersmith.persistence.saga;

import io.mistersmith.persistence.model.AgentId;
import java.time.Instant;
import java.util.Optional;

/**
 * A change of an entry that is committed in PostgreSQL and not in KV.
 *
 * @param owner the owner of the entry
 * @param path the path of the entry, as keys are stored: its type and its key
 * @param correlationId the transaction's
 * @param committedAt when it was written in the transaction, by the database's clock
 * @param refused why it was refused; empty while it waits to be put
 */
public record EntryWrite(
    AgentId owner,
    String path,
    String correlationId,
    Instant committedAt,
    Optional<String> refused) {}
