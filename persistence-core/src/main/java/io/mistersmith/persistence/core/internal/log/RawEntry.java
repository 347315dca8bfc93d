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

  static RawEntry of(LogId log, long version, HotEntry hot) {
    return of(log, version, hot.value(), hot.time());
  }

  static RawEntry of(LogId log, StoredEntry row) {
    return of(log, row.version(), row.value(), row.writtenAt());
  }

  static RawEntry of(LogId log, long version, byte[] value, Instant time) {
    Optional<Envelope> envelope = Envelope.decode(value);
    if (envelope.isEmpty()) {
      throw new NonTransientPersistenceException(
          DataError.SERIALIZATION_ERROR,
          log
              + ", version "
              + version
              + ": the message is no entry of a log; another program wrote"
              + " it");
    }
    return new RawEntry(version, envelope.get(), time);
  }

  Tail asTail(long sinceMillis) {
    return new Tail(version, envelope.bytesAfter(), sinceMillis);
  }
}
