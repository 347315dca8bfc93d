package io.mistersmith.persistence.core.internal.state.cache;

import io.mistersmith.persistence.model.Revision;
import java.time.Instant;
import java.util.Optional;

/**
 * An entry.
 *
 * @param weighing runs when the map asks for its weight: in the middle of keeping it
 */
record Thing(
    Revision revision,
    Instant writtenAt,
    Optional<Instant> expiresAt,
    int bytes,
    boolean isSettled,
    Runnable weighing)
    implements Cacheable {

  @Override
  public int bytes() {
    weighing.run();
    return bytes;
  }

  static Thing at(long sequence) {
    return new Thing(
        new Revision.OfJournal(1, sequence),
        Instant.EPOCH,
        Optional.empty(),
        10,
        true,
        Thing::nothing);
  }

  private static void nothing() {}

  Thing until(Instant end) {
    return new Thing(revision, writtenAt, Optional.of(end), bytes, isSettled, weighing);
  }

  Thing writtenAt(Instant time) {
    return new Thing(revision, time, expiresAt, bytes, isSettled, weighing);
  }

  Thing ofBytes(int count) {
    return new Thing(revision, writtenAt, expiresAt, count, isSettled, weighing);
  }

  Thing unsettled() {
    return new Thing(revision, writtenAt, expiresAt, bytes, false, weighing);
  }

  Thing weighedBy(Runnable action) {
    return new Thing(revision, writtenAt, expiresAt, bytes, isSettled, action);
  }
}
