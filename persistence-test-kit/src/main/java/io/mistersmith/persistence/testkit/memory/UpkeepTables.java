package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.operations.Upkeep.Outcome;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * The committed tables of the upkeep.
 *
 * @param jobs when each job began last, by its name
 * @param runs by their ids, in the order in which they began
 * @param samples the time of the last sample of the database, under 0; none before the first
 */
record UpkeepTables(
    Table<String, Instant> jobs, Table<UUID, JobRun> runs, Table<Integer, Instant> samples) {

  /** A run of a job; one without an end is under way, or its runtime has ended. */
  record JobRun(UUID id, String job, String runtime, Instant startedAt, Optional<End> end) {}

  /** The end of a run. */
  record End(Duration took, Outcome outcome, String detail) {}

  static UpkeepTables empty() {
    return new UpkeepTables(
        Table.inOrderOfInsertion(), Table.inOrderOfInsertion(), Table.inOrderOfInsertion());
  }

  UpkeepTables copy() {
    return new UpkeepTables(jobs.copy(), runs.copy(), samples.copy());
  }
}
