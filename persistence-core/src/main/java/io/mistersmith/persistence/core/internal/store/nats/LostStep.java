package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.HotWrites.Outgoing;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Looks for a batch whose acknowledgement was lost. Thread-safe. */
final class LostStep {

  private static final Duration BETWEEN_QUESTIONS = Duration.ofMillis(50);

  private final HotReads reads;

  LostStep(HotReads reads) {
    this.reads = reads;
  }

  /**
   * Returns the batch's last sequence if the leader has any message of it: it has all then, since a
   * server that was killed while it stored them completes the batch when it starts. A message that
   * was superseded since is not found, so each key is asked for, all at once. A server may answer a
   * question before it stores what came earlier, so it is asked twice.
   *
   * @param id the write id of the batch
   * @param failure why there is no acknowledgement
   * @param deadline no question is asked after it, by {@link System#nanoTime}
   */
  long find(
      List<Outgoing> batch,
      String id,
      Supplier<String> what,
      PersistenceException failure,
      long deadline) {
    PersistenceException last = failure;
    boolean missed = false;
    while (System.nanoTime() < deadline) {
      try {
        Optional<Long> found = find(batch, id);
        if (found.isPresent()) {
          return found.get();
        }
        if (missed) {
          break;
        }
        missed = true;
      } catch (PersistenceException e) {
        last = e;
        if (!e.isTransient()) {
          break;
        }
      }
      if (!AtomicPublish.rest(BETWEEN_QUESTIONS)) {
        break;
      }
    }
    TransientPersistenceException unknown = NatsFailures.unknown(what.get(), failure);
    if (last != failure) {
      unknown.addSuppressed(last);
    }
    throw unknown;
  }

  private Optional<Long> find(List<Outgoing> batch, String id) {
    List<StateKey> keys = batch.stream().map(Outgoing::key).distinct().toList();
    for (HotEntry entry : reads.getAll(keys, ReadFrom.LEADER).values()) {
      if (entry.metadata().writeId().equals(Optional.of(id))) {
        return entry.metadata().step().map(place -> place.lastSequence(entry.sequence()));
      }
    }
    return Optional.empty();
  }
}
