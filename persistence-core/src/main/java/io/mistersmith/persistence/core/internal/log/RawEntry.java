package io.mistersmith.persistence.core.internal.log;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.sql.LogStore.Envelope;
import io.mistersmith.persistence.spi.sql.LogStore.StoredEntry;
import java.time.Instant;
import java.util.Optional;

/**
 * An entry of a log, from either store.
 *
 * @param version the version
 * @param envelope the entry
 * @param writtenAt when it was written, by the hot store's clock
 */
record RawEntry(long version, Envelope envelope, Instant writtenAt) {

  /** Reads a message; empty where another program wrote it, or it is a marker. */
  static Optional<RawEntry> of(long version, HotEntry hot) {
    return of(version, hot.value(), hot.time());
  }

  /** Reads a message; empty where another program wrote it, or it is a marker. */
  static Optional<RawEntry> of(long version, byte[] value, Instant time) {
    return Envelope.decode(value).map(envelope -> new RawEntry(version, envelope, time));
  }

  static RawEntry of(LogId log, StoredEntry row) {
    return of(row.version(), row.value(), row.writtenAt())
        .orElseThrow(
            () ->
                new NonTransientPersistenceException(
                    DataError.SERIALIZATION_ERROR,
                    log
                        + ", version "
                        + row.version()
                        + ": the row is no entry of a log; another program changed it"));
  }

  Tail asTail(long sinceMillis) {
    return new Tail(version, envelope.bytesAfter(), sinceMillis);
  }
}
