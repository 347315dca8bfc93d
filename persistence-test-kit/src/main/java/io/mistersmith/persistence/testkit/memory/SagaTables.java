package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.saga.SagaRun;
import io.mistersmith.persistence.saga.SagaRun.LogEntry;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** The committed tables of sagas. */
record SagaTables(
    Table<UUID, SagaRow> runs, Table<UniqueKey, UUID> keys, Table<LogId, LogEntry> log) {

  /**
   * A run.
   *
   * @param steps the names of its definition's steps when it was started
   * @param uniqueKey its place among the keys
   * @param number the run number of the latest owner; 0 before the first one
   * @param holder its owner
   * @param due when it can be claimed, while it has no owner
   * @param deadline when its time is over
   * @param cancelled why it is to be compensated
   * @param compensated why it is compensated, since it is or has been
   */
  record SagaRow(
      SagaRun run,
      List<String> steps,
      Optional<UniqueKey> uniqueKey,
      int number,
      Optional<String> holder,
      Instant due,
      Instant deadline,
      Optional<String> cancelled,
      Optional<String> compensated) {

    /** Whether runners carry it on. */
    boolean isActive() {
      return !run.state().isEnd() && !run.state().isStopped();
    }
  }

  /** What is unique among the runs of definitions with one name. */
  record UniqueKey(String name, String key) {}

  /** The primary key of the log, in the order of the positions. */
  record LogId(UUID saga, int position) implements Comparable<LogId> {

    private static final Comparator<LogId> ORDER =
        Comparator.comparing(LogId::saga).thenComparing(LogId::position);

    @Override
    public int compareTo(LogId other) {
      return ORDER.compare(this, other);
    }
  }

  static SagaTables empty() {
    return new SagaTables(
        Table.inOrderOfInsertion(), Table.inOrderOfInsertion(), Table.inOrderOfKeys());
  }

  SagaTables copy() {
    return new SagaTables(runs.copy(), keys.copy(), log.copy());
  }
}
