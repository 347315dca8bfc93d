package io.mistersmith.persistence.spi;

import io.mistersmith.persistence.model.Revision;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * A checkpoint that is to be made.
 *
 * @param id its id
 * @param agent whose state it copies
 * @param bucket the bucket whose journal brings the state
 * @param atLeast how far the journal must be applied
 * @param now what times to live are compared with
 * @param name what to call it
 * @param trigger what makes it necessary
 * @param parent the checkpoint to hold only the changes since
 * @param allowDeadLetters whether to make it although the agent has open dead letters
 */
public record NewCheckpoint(
    UUID id,
    UUID agent,
    String bucket,
    Optional<Revision> atLeast,
    Instant now,
    Optional<String> name,
    Optional<String> trigger,
    Optional<UUID> parent,
    boolean allowDeadLetters) {}
