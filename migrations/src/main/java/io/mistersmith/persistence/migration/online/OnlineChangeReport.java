package io.mistersmith.persistence.migration.online;

import java.time.Duration;
import java.util.UUID;

/**
 * The part of a change that one call did; migrations.online_changes has the work of earlier calls.
 *
 * @param change the row of migrations.online_changes
 * @param rowsSeen rows gone through
 * @param rowsWritten rows written of them; the others were written by somebody else before
 * @param batches batches committed
 * @param retries attempts that had to give way, or took too long
 * @param longestBatch the longest time of a batch, its commit included; a comparison locks no row
 *     and is not counted
 */
public record OnlineChangeReport(
    UUID change,
    long rowsSeen,
    long rowsWritten,
    int batches,
    int retries,
    Duration longestBatch) {}
