package io.mistersmith.persistence.core.internal.state.flush;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.core.internal.base.ObservedCalls;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.CallObserver.Call;
import io.mistersmith.persistence.event.CallObserver.Scope;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.spi.hot.JournalEntry;
import io.mistersmith.persistence.spi.sql.JournalStore.ApplyResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Has the transaction of a batch observed, and in it the first writes that bear a trace: each
 * continues the trace of its writer, and holds the write of its row.
 */
final class FlushObservations {

  private static final String OPERATION = "JournalStore.apply";
  private static final String PROCESS = "Flush.entry";
  private static final Optional<String> TABLE = Optional.of("agents.state");

  private final ObservedCalls observed;

  FlushObservations(ObservedCalls observed) {
    this.observed = observed;
  }

  /** A write under way, and the write of its row. */
  private record Traced(String subject, Scope entry, Scope row) {

    void end(Optional<? extends Throwable> failure) {
      row.end(failure);
      entry.end(failure);
    }
  }

  boolean areOff() {
    return !observed.isOn();
  }

  ApplyResult observe(String bucket, Batch batch, Supplier<ApplyResult> apply) {
    List<Traced> writes = begin(bucket, batch.traced());
    Scope transaction = observed.begin(call(batch.keys(), true));
    ApplyResult result;
    try {
      result = apply.get();
    } catch (RuntimeException | Error e) {
      transaction.end(Optional.of(e));
      writes.forEach(write -> write.end(Optional.of(e)));
      throw e;
    }
    transaction.end(
        result instanceof ApplyResult.OutOfTime late
            ? Optional.of(late.cause())
            : Optional.empty());
    writes.forEach(write -> write.end(failure(result, write.subject())));
    return result;
  }

  private List<Traced> begin(String bucket, List<JournalEntry> entries) {
    List<Traced> writes = new ArrayList<>(entries.size());
    for (JournalEntry entry : entries) {
      Scope process =
          observed.process(
              Bucket.AGENT_STATE.name(), PROCESS, bucket, entry.metadata().trace().orElseThrow());
      writes.add(new Traced(entry.subject(), process, process.begin(call(1, false))));
    }
    return writes;
  }

  private Call call(int rows, boolean onThread) {
    return observed.postgres(PostgresRole.FLUSH.name(), OPERATION, TABLE, rows, onThread);
  }

  private static Optional<PersistenceException> failure(ApplyResult result, String subject) {
    if (result instanceof ApplyResult.OutOfTime late) {
      return Optional.of(late.cause());
    }
    return result instanceof ApplyResult.Applied applied
        ? applied.refused().stream()
            .filter(refusal -> refusal.change().subject().equals(subject))
            .findFirst()
            .map(
                refusal ->
                    new NonTransientPersistenceException(DataError.DEAD_LETTERED, refusal.reason()))
        : Optional.empty();
  }
}
