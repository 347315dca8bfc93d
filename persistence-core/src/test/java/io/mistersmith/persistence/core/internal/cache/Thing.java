package io.mistersmith.persistence.core.internal.cache;

import io.mistersmith.persistence.model.Revision;
import java.time.Instant;
import java.util.Optional;

/** An entry. */
record Thing(
    Revision revision, Instant writtenAt, Optional<Instant> expiresAt, int bytes, boolean isSettled)
    implements Cacheable {

  static Thing at(long sequence) {
    return new Thing(new Revision(1, sequence), Instant.EPOCH, Optional.empty(), 10, true);
  }

  Thing until(Instant end) {
    return new Thing(revision, writtenAt, Optional.of(end), bytes, isSettled);
  }

  Thing writtenAt(Instant time) {
    return new Thing(revision, time, expiresAt, bytes, isSettled);
  }

  Thing ofBytes(int count) {
    return new Thing(revision, writtenAt, expiresAt, count, isSettled);
  }

  Thing unsettled() {
    return new Thing(revision, writtenAt, expiresAt, bytes, false);
  }
}
