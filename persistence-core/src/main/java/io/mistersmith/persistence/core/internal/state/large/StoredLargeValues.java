package io.mistersmith.persistence.core.internal.state.large;

import io.mistersmith.persistence.core.internal.state.tier.TieredStore;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.spi.hot.HotReads;
import io.mistersmith.persistence.spi.sql.LargeValueStore;
import io.mistersmith.persistence.state.LargeValues;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.SaveOptions.Durability;
import io.mistersmith.persistence.state.StateRepository;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/** Large values over the tiers of agent state. */
public final class StoredLargeValues implements LargeValues {

  private final StateRepository<Description> descriptions;
  private final TieredStore store;
  private final HotReads hot;
  private final LargeValueStore stored;
  private final long maxBytes;
  private final Duration patience;

  /**
   * Large values that {@code descriptions} describe.
   *
   * @param hot reads the bucket as it is: chunks never change, so that one which came back after it
   *     was evicted is as good as any
   * @param grace how long a content that nobody names is kept at least
   */
  public StoredLargeValues(
      StateRepository<Description> descriptions,
      TieredStore store,
      HotReads hot,
      LargeValueStore stored,
      long maxBytes,
      Duration grace) {
    this.descriptions = descriptions;
    this.store = store;
    this.hot = hot;
    this.stored = stored;
    this.maxBytes = maxBytes;
    this.patience = grace.dividedBy(2);
  }

  @Override
  public StateRepository<Description> descriptions() {
    return descriptions;
  }

  @Override
  public Versioned<Description> write(StateKey key, InputStream content, SaveOptions options)
      throws IOException {
    return write(key, content, OptionalLong.empty(), options);
  }

  @Override
  public Versioned<Description> write(
      StateKey key, InputStream content, long bytes, SaveOptions options) throws IOException {
    if (bytes < 0) {
      throw new IllegalArgumentException("a stream cannot hold " + bytes + " bytes");
    }
    return write(key, content, OptionalLong.of(bytes), options);
  }

  private Versioned<Description> write(
      StateKey key, InputStream content, OptionalLong bytes, SaveOptions options)
      throws IOException {
    ContentWriter writer = new ContentWriter(store, key, maxBytes, patience);
    Versioned<Description> written = descriptions.save(key, writer.write(content, bytes), options);
    // What PostgreSQL has committed is whole, however long that took.
    boolean committed = options.durability() == Durability.SQL_COMMITTED;
    if (!committed && writer.isLate()) {
      throw doubtful(
          key, "this process stood still for more than " + patience + ", so that its chunks may");
    }
    if (!writer.areOfEpoch(written.revision())) {
      throw doubtful(key, "the bucket was recreated or went back meanwhile, so that chunks may");
    }
    return written;
  }

  private static TransientPersistenceException doubtful(StateKey key, String why) {
    return new TransientPersistenceException(
        DataError.OUTCOME_UNKNOWN,
        "key " + key + ": the large value was written, but " + why + " be gone; write it again");
  }

  @Override
  public Optional<Versioned<Description>> read(StateKey key, OutputStream to) throws IOException {
    Optional<Versioned<Description>> found = descriptions.find(key);
    if (found.isPresent()) {
      Description description = found.get().value();
      ContentReader.Outcome outcome =
          new ContentReader(hot, stored, key, store.tiers().sealing(), description).writeTo(to);
      if (outcome != ContentReader.Outcome.WHOLE) {
        throw failure(key, found.get(), outcome);
      }
    }
    return found;
  }

  private PersistenceException failure(
      StateKey key, Versioned<Description> read, ContentReader.Outcome outcome) {
    if (outcome == ContentReader.Outcome.MISSING && !isCurrent(key, read)) {
      return new TransientPersistenceException(
          DataError.VERSION_CONFLICT,
          "key "
              + key
              + ": the large value of revision "
              + read.revision()
              + " was replaced and removed while it was read; read it again");
    }
    String what =
        outcome == ContentReader.Outcome.MISSING
            ? "neither store has all chunks of the large value of revision "
            : "the bytes do not fit the checksum of the large value of revision ";
    return new NonTransientPersistenceException(
        DataError.DATA_CORRUPTION,
        "key "
            + key
            + ": "
            + what
            + read.revision()
            + " (content "
            + read.value().content()
            + "); discard what was read, and restore the value from a backup");
  }

  private boolean isCurrent(StateKey key, Versioned<Description> read) {
    return store
        .readLatest(key.withType(StateKey.LARGE))
        .filter(now -> now.revision().equals(read.revision()))
        .isPresent();
  }
}
