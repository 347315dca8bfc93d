package io.mistersmith.persistence.repository;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.model.Revision;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * An acknowledged entry that PostgreSQL refused.
 *
 * @param id names the dead letter
 * @param bucket the bucket it was written to
 * @param subject the subject it was published on, which says the key when the key is no legal one
 * @param agent the owner, where the subject could be decoded
 * @param key the key, where the subject could be decoded
 * @param revision the revision of the write
 * @param error the kind of refusal
 * @param sqlState the SQLSTATE that PostgreSQL refused with; empty when it was not asked
 * @param reason what PostgreSQL said, with SQLSTATE and constraint
 * @param writtenAt when the entry was written
 */
public record DeadLetter(
    UUID id,
    String bucket,
    String subject,
    Optional<String> agent,
    Optional<String> key,
    Revision revision,
    DataError error,
    Optional<String> sqlState,
    String reason,
    Instant writtenAt) {}
