package io.mistersmith.persistence.migration.online;

import java.time.Duration;
import java.util.UUID;

/**
 * A batch that is committed.
 *
 * @param change the row of migrations.online_changes
 * @param table the table that is changed
 * @param phase {@code fill}, {@code copy} or {@code verify}
 * @param rowsSeen rows that this call has gone through so far in this phase
 * @param rowsWritten rows that it wrote of them
 * @param batchSize rows that the batch could have had
 * @param took how long the batch took, its commit included
 */
public record BatchProgress(
    UUID change,
    String table,
    String phase,
    long rowsSeen,
    long rowsWritten,
    int batchSize,
    Duration took) {}
