package io.mistersmith.persistence.lifecycle;

import io.mistersmith.persistence.model.Revision;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;

/**
 * What a restore or a fork did.
 *
 * @param checkpoint what was restored
 * @param agent whose state it is now
 * @param written how many entries were written
 * @param deleted how many entries were deleted, because the checkpoint has none of them or their
 *     time is over
 * @param unchanged how many entries stood as the checkpoint has them
 * @param through the revision of the last of these writes; empty when nothing differed. PostgreSQL
 *     has all of them
 * @param took how long it took
 */
public record Restored(
    UUID checkpoint,
    UUID agent,
    int written,
    int deleted,
    int unchanged,
    Optional<Revision> through,
    Duration took) {}
