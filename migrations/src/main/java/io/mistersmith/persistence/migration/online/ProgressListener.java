package io.mistersmith.persistence.migration.online;

import java.time.Duration;
import java.util.UUID;

/** Receives each batch, in the thread that makes the change, between two batches. */
@FunctionalInterface
public interface ProgressListener {

  /** Listens to nothing. */
  ProgressListener NONE = progress -> {};

  /** A batch was committed. An exception from here ends the call; the change can be resumed. */
  void batchDone(Progress progress);

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
  record Progress(
      UUID change,
      String table,
      String phase,
      long rowsSeen,
      long rowsWritten,
      int batchSize,
      Duration took) {}
}
