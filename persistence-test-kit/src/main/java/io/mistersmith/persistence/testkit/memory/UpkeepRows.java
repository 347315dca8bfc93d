package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.testkit.memory.UpkeepTables.JobRun;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/** The tables of the upkeep as one transaction sees them. */
final class UpkeepRows {

  final Rows<String, Instant> jobs;
  final Rows<UUID, JobRun> runs;
  final Rows<Integer, Instant> samples;

  UpkeepRows(Transaction transaction, UpkeepTables content, UpkeepTables seen) {
    jobs = new Rows<>(transaction, content.jobs(), seen.jobs());
    runs = new Rows<>(transaction, content.runs(), seen.runs());
    samples = new Rows<>(transaction, content.samples(), seen.samples());
  }

  List<Rows<?, ?>> all() {
    return List.of(jobs, runs, samples);
  }
}
