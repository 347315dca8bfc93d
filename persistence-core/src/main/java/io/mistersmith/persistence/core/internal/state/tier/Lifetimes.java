package io.mistersmith.persistence.core.internal.state.tier;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.spi.hot.HotReads;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * When the entries of a bucket end: by the time to live that they were written with, or by the
 * bucket's maximum age, which the server keeps, whichever comes first.
 *
 * @param reads knows the bucket's maximum age
 * @param clock its server's clock
 */
public record Lifetimes(HotReads reads, Clock clock) {

  /** The latest time that every store and every reader of its text can represent. */
  private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59.999Z");

  /**
   * Returns the end to write with an entry that is to live so long from now: no later than the
   * bucket's maximum age allows, and as precise as the entry's header keeps it.
   *
   * @throws NonTransientPersistenceException with {@code CONSTRAINT_VIOLATION} when it lies beyond
   *     the year 9999
   */
  public Optional<Instant> after(Optional<Duration> timeToLive) {
    return timeToLive.map(this::after);
  }

  private Instant after(Duration timeToLive) {
    Instant now = clock.instant();
    Duration maxAge = reads.maxAge();
    Duration allowed = maxAge.isZero() || timeToLive.compareTo(maxAge) < 0 ? timeToLive : maxAge;
    if (allowed.compareTo(Duration.between(now, LATEST)) > 0) {
      throw new NonTransientPersistenceException(
          DataError.CONSTRAINT_VIOLATION,
          "timeToLive is "
              + timeToLive
              + ", which ends after the year 9999; give a shorter one, or none for an entry that"
              + " never ends");
    }
    return now.plus(allowed).truncatedTo(ChronoUnit.MILLIS);
  }

  /** When an entry ends that was written at {@code writtenAt} with this end of its own. */
  public Optional<Instant> endOf(Optional<Instant> own, Instant writtenAt) {
    Duration maxAge = reads.maxAge();
    if (maxAge.isZero()) {
      return own;
    }
    Instant byAge = writtenAt.plus(maxAge).truncatedTo(ChronoUnit.MILLIS);
    return own.isPresent() && own.get().isBefore(byAge) ? own : Optional.of(byAge);
  }
}
